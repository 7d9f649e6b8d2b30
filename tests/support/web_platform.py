"""A platform's own web server, as small as one can be: it records all that its process receives."""

from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from idvault_client import aio
from idvault_client.sessions import HostedSession
from tests.support.session_world import TERMS


@dataclass
class WebPlatform:
    """Makes a session for each login, confirms only the browser that asked, and shows the result."""

    vault: aio.Vault
    origin: str
    locale: str = "zh"
    received: list[str] = field(default_factory=list)
    asked: dict[str, str] = field(default_factory=dict)
    session: dict[str, Any] = field(default_factory=dict)

    def application(self) -> web.Application:
        """Return its application."""
        app = web.Application()
        app.add_routes([web.get("/login/{name}", self.login), web.get("/verified", self.verified)])
        app.add_routes([web.get("/me/{name}/{token}", self.show)])
        return app

    async def login(self, request: web.Request) -> web.StreamResponse:
        """Log somebody in, and send the browser to the vault's page."""
        await self._note(request)
        name = request.match_info["name"]
        session = await self.vault.sessions.create(
            return_url=f"{self.origin}/verified",
            policy_version="terms-3",
            policy_text=TERMS,
            locale=self.locale,
            **self.session,
        )
        return self._sent(name, session)

    async def show(self, request: web.Request) -> web.StreamResponse:
        """Send somebody who is logged in to "my identity"."""
        await self._note(request)
        session = await self.vault.sessions.create_identity(
            request.match_info["token"], return_url=f"{self.origin}/verified", locale=self.locale
        )
        return self._sent(request.match_info["name"], session)

    async def verified(self, request: web.Request) -> web.StreamResponse:
        """Confirm the browser, or show what happened to its session."""
        await self._note(request)
        session_id, code = request.query["session_id"], request.query.get("bind_code")
        if self.asked.get(request.cookies.get("login", "")) != session_id:
            return web.Response(text="this is not your session", status=403)
        if code is not None:
            bound = await self.vault.sessions.bind(session_id, code)
            self.received.append(repr(bound))
            return web.Response(status=303, headers={"Location": bound.continue_url})
        found = await self.vault.sessions.get(session_id)
        self.received.append(repr(found))
        return web.Response(text=f"<title>platform</title>{found.state}", content_type="text/html")

    def _sent(self, name: str, session: HostedSession) -> web.StreamResponse:
        self.received.append(repr(session))
        self.asked[name] = session.session_id
        answer = web.Response(status=303, headers={"Location": session.url})
        answer.set_cookie("login", name)
        return answer

    async def _note(self, request: web.Request) -> None:
        body: Any = await request.read()
        self.received.append(f"{request.raw_path} {dict(request.headers)} {body!r}")
