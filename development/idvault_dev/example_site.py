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
from idvault_client.testing import SyntheticOrganization, SyntheticPerson
from idvault_dev.example_people import ExamplePeople
from idvault_dev.example_texts import text

_HOST = "127.0.0.1"
_GRACE = 0.5
_COOKIE = "login"
_OPEN = frozenset({"NEW", "REDEEMED", "BOUND", "AGREED"})
"""The states of a session in which nobody was verified; of "My identity", also once somebody was."""
COMPONENTS = Path(__file__).with_name("components.html")
"""A page with every component of the style sheet."""


@dataclass(frozen=True, slots=True)
class SiteSession:
    """A session that the vault made: its id, and the link for the browser."""

    session_id: str
    url: str


@dataclass(frozen=True, slots=True)
class SiteResult:
    """What became of a session. account: verified by it, or "". waiting: the account that waits for the proof
    of an organisation's representative, or "".
    """

    state: str
    account: str = ""
    waiting: str = ""


@dataclass(frozen=True, kw_only=True)
class VaultCalls:
    """What the platform asks the vault for.

    verify, invitation, identity, representative: a session for a return address and a language; the second
    one answers an invitation, the last two are for an account. bind: where to send the browser that came
    with a code. result: what became of a session. people: names and numbers to try.
    """

    verify: Callable[[str, str], Awaitable[SiteSession]]
    invitation: Callable[[str, str], Awaitable[SiteSession]]
    identity: Callable[[str, str, str], Awaitable[SiteSession]]
    representative: Callable[[str, str, str], Awaitable[SiteSession]]
    bind: Callable[[str, str], Awaitable[str]]
    result: Callable[[str], Awaitable[SiteResult]]
    people: Callable[[], Awaitable[ExamplePeople]]


@dataclass(kw_only=True, eq=False, repr=False)
class ExampleSite:
    """The server. links: more addresses to try, by what they are."""

    vault: VaultCalls
    links: Mapping[str, str]
    port: int
    _asked: dict[str, str] = field(default_factory=dict)
    _accounts: dict[str, str] = field(default_factory=dict)
    _waiting: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make the application."""
        app = web.Application()
        app.add_routes(
            [
                web.get("/", self.index),
                web.get("/verify", self.verify),
                web.get("/invitation", self.invitation),
                web.get("/me", self.identity),
                web.get("/representative", self.representative),
                web.get("/people", self.people),
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

    async def index(self, request: web.Request) -> web.Response:
        """List what can be tried."""
        language = _language(request)
        items = "".join(
            f'<li><a href="{escape(url)}">{escape(text(name, language))}</a></li>'
            for name, url in self.links.items()
        )
        return _page(text("index", language), f'<ul class="links">{items}</ul>', language, is_first=True)

    async def people(self, request: web.Request) -> web.Response:
        """Show names and numbers to try, also of a child's parent and an organisation's representative."""
        language, found = _language(request), await self.vault.people()
        parts: dict[str, list[tuple[str, SyntheticPerson | SyntheticOrganization]]] = {
            "adult": [("adult", found.adult)],
            "child": [("child", found.child), ("parent", found.parent)],
            "organization": [
                ("organization", found.organization),
                ("legal", found.organization.representative),
            ],
        }
        body = f"<p>{escape(text('people_text', language))}</p>"
        for heading, rows in parts.items():
            more = f"<p>{escape(text(f'{heading}_text', language))}</p>" if len(rows) > 1 else ""
            told = "".join(_row(text(name, language), each.name, each.number) for name, each in rows)
            body += f'<h2>{escape(text(heading, language))}</h2>{more}<dl class="rows">{told}</dl>'
        body += _button("/verify", text("hosted verification", language))
        return _page(text("people to try", language), body, language)

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
        account, language = self._accounts.get(request.cookies.get(_COOKIE, "")), _language(request)
        if account is None:
            return _verify_first(language)
        made = await self.vault.identity(account, f"{self.origin}/verified", language)
        return self._send(request, made)

    async def representative(self, request: web.Request) -> web.StreamResponse:
        """Send the browser of an organisation's representative to his proof."""
        account, language = self._waiting.get(request.cookies.get(_COOKIE, "")), _language(request)
        if account is None:
            return _verify_first(language)
        made = await self.vault.representative(account, f"{self.origin}/verified", language)
        return self._send(request, made)

    async def verified(self, request: web.Request) -> web.StreamResponse:
        """Confirm the browser that asked, or show what happened to its session."""
        login, session_id = request.cookies.get(_COOKIE, ""), request.query.get("session_id", "")
        language = _language(request)
        if not session_id or self._asked.get(login) != session_id:
            body = f"<p>{escape(text('foreign_text', language))}</p>"
            return _page(text("foreign", language), body, language, status=403)
        if code := request.query.get("bind_code"):
            return web.Response(status=303, headers={"Location": await self.vault.bind(session_id, code)})
        found = await self.vault.result(session_id)
        if found.account:
            self._accounts[login] = found.account
            self._waiting.pop(login, None)
        if found.waiting:
            self._waiting[login] = found.waiting
        return self._told(login, session_id, found, language)

    def _told(self, login: str, session_id: str, found: SiteResult, language: str) -> web.Response:
        """Return what happened, and what can be done next."""
        is_open = found.state in _OPEN and login not in self._accounts
        known = "open" if is_open else "pending" if found.waiting else found.state
        title = text("back", language, state=text("SUCCEEDED" if known in _OPEN else known, language))
        body = f"<p>{escape(text('open_text', language))}</p>" if is_open else ""
        if found.state == "CHECKING":
            body += _button(f"/verified?session_id={session_id}", text("look_again", language))
        elif found.waiting:
            body += _button("/representative", text("representative", language))
        if login in self._accounts:
            body += _button("/me", text("me", language))
        elif not found.waiting and found.state != "CHECKING":
            body += _button("/verify", text("hosted verification", language))
        return _page(title, body, language)

    def _send(self, request: web.Request, made: SiteSession) -> web.StreamResponse:
        login = request.cookies.get(_COOKIE, "") or os.urandom(16).hex()
        self._asked[login] = made.session_id
        answer = web.Response(status=303, headers={"Location": made.url})
        answer.set_cookie(_COOKIE, login, httponly=True, samesite="Lax")
        return answer


def _file(path: Path, content_type: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    content = path.read_text("utf-8")

    async def serve(_request: web.Request) -> web.Response:
        return web.Response(text=content, content_type=content_type)

    return serve


def _language(request: web.Request) -> str:
    """Return the language of the pages for a browser: Chinese if that is its first one."""
    first = request.headers.get("Accept-Language", "zh").lower()
    return "zh" if first.startswith("zh") else "en"


def _row(name: str, *values: str) -> str:
    shown = "<br>".join(f'<code class="copy">{escape(each)}</code>' for each in values)
    return f"<div><dt>{escape(name)}</dt><dd>{shown}</dd></div>"


def _verify_first(language: str) -> web.Response:
    body = f"<p>{escape(text('verify_first_text', language))}</p>"
    return _page(
        text("verify_first", language),
        body + _button("/verify", text("hosted verification", language)),
        language,
    )


def _button(address: str, words: str) -> str:
    return f'<p><a class="button" href="{address}">{escape(words)}</a></p>'


def _page(title: str, body: str, language: str, *, status: int = 200, is_first: bool = False) -> web.Response:
    tag = "zh-CN" if language == "zh" else "en"
    up = f'<p><a href="/">{escape(text("first_page", language))}</a></p>' if not is_first else ""
    shown = (
        f'<!doctype html><html lang="{tag}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)}</title><link rel="stylesheet" href="/style.css"></head><body>'
        f"<main><h1>{escape(title)}</h1>{body}"
        f"{up}</main></body></html>"
    )
    return web.Response(text=shown, content_type="text/html", status=status)
