"""The web server of an example platform: it logs everybody in, and sends them to the hosted pages and back.

- It confirms a browser only if that browser is the one that asked, as every platform must (docs/pages.md).
- What it knows of a browser is in a cookie of its own address; it keeps nothing on the disk.
"""

import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from aiohttp import web

from idvault_client.pages import rendering

_HOST = "127.0.0.1"
_GRACE = 0.5
_COOKIE = "login"
COMPONENTS = Path(__file__).with_name("components.html")
"""A page with every component of the style sheet."""


@dataclass(frozen=True, slots=True)
class SiteSession:
    """A session that the vault made: its id, and the link for the browser."""

    session_id: str
    url: str


@dataclass(frozen=True, kw_only=True)
class VaultCalls:
    """What the platform asks the vault for.

    verify, invitation, identity: a session for a return address and a language; the second one answers an
    invitation, the third one is for an account. bind: where to send the browser that came with a code.
    result: state and account of a session, or "".
    """

    verify: Callable[[str, str], Awaitable[SiteSession]]
    invitation: Callable[[str, str], Awaitable[SiteSession]]
    identity: Callable[[str, str, str], Awaitable[SiteSession]]
    bind: Callable[[str, str], Awaitable[str]]
    result: Callable[[str], Awaitable[tuple[str, str]]]


@dataclass(kw_only=True, eq=False, repr=False)
class ExampleSite:
    """The server. links: more addresses to try, by what they are."""

    vault: VaultCalls
    links: Mapping[str, str]
    port: int
    _asked: dict[str, str] = field(default_factory=dict)
    _accounts: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make the application."""
        app = web.Application()
        app.add_routes(
            [
                web.get("/", self.index),
                web.get("/verify", self.verify),
                web.get("/invitation", self.invitation),
                web.get("/me", self.identity),
                web.get("/verified", self.verified),
                web.get("/components", _file(COMPONENTS, "text/html")),
                web.get("/style.css", _file(rendering.STYLE, "text/css")),
                web.get("/static/icons.svg", _file(rendering.ICONS, "image/svg+xml")),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_GRACE)

    async def start(self) -> str:
        """Start and return the origin; raises OSError if the port is in use."""
        await self._runner.setup()
        await web.TCPSite(self._runner, _HOST, self.port, reuse_address=True).start()
        return self.origin

    async def stop(self) -> None:
        """Stop serving."""
        await self._runner.cleanup()

    @property
    def origin(self) -> str:
        """Where the platform is."""
        return f"http://{_HOST}:{self.port}"

    async def index(self, _request: web.Request) -> web.Response:
        """List what can be tried."""
        items = "".join(
            f'<li><a href="{escape(url)}">{escape(name)}</a></li>' for name, url in self.links.items()
        )
        return _page("Pages to try", f"<ul>{items}</ul>")

    async def verify(self, request: web.Request) -> web.StreamResponse:
        """Send the browser to hosted verification."""
        made = await self.vault.verify(f"{self.origin}/verified", _language(request))
        return self._send(request, made)

    async def invitation(self, request: web.Request) -> web.StreamResponse:
        """Send the browser to an invitation of an account that was opened before verification."""
        made = await self.vault.invitation(f"{self.origin}/verified", _language(request))
        return self._send(request, made)

    async def identity(self, request: web.Request) -> web.StreamResponse:
        """Send the browser to "my identity" of the account that it verified here."""
        account = self._accounts.get(request.cookies.get(_COOKIE, ""))
        if account is None:
            return _page("Verify first", '<p><a href="/verify">Verify</a>, and come back.</p>')
        made = await self.vault.identity(account, f"{self.origin}/verified", _language(request))
        return self._send(request, made)

    async def verified(self, request: web.Request) -> web.StreamResponse:
        """Confirm the browser that asked, or show what happened to its session."""
        login, session_id = request.cookies.get(_COOKIE, ""), request.query.get("session_id", "")
        if not session_id or self._asked.get(login) != session_id:
            return _page("Not your session", "<p>This link belongs to someone else.</p>", status=403)
        if code := request.query.get("bind_code"):
            return web.Response(status=303, headers={"Location": await self.vault.bind(session_id, code)})
        state, account = await self.vault.result(session_id)
        if account:
            self._accounts[login] = account
        return _page(f"Back at the platform: {state}", '<p><a href="/me">My identity</a></p>')

    def _send(self, request: web.Request, made: SiteSession) -> web.StreamResponse:
        login = request.cookies.get(_COOKIE, "") or os.urandom(16).hex()
        self._asked[login] = made.session_id
        answer = web.Response(status=303, headers={"Location": made.url})
        answer.set_cookie(_COOKIE, login, httponly=True, samesite="Lax")
        return answer


def _file(path: Path, content_type: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    text = path.read_text("utf-8")

    async def serve(_request: web.Request) -> web.Response:
        return web.Response(text=text, content_type=content_type)

    return serve


def _language(request: web.Request) -> str:
    """Return the language of the pages for a browser: Chinese if that is its first one."""
    first = request.headers.get("Accept-Language", "zh").lower()
    return "zh" if first.startswith("zh") else "en"


def _page(title: str, body: str, *, status: int = 200) -> web.Response:
    text = (
        f'<!doctype html><html lang="en"><title>{escape(title)}</title><h1>{escape(title)}</h1>{body}</html>'
    )
    return web.Response(text=text, content_type="text/html", status=status)
