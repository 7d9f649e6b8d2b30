"""Who may enter a console: the browser that brings the one-time token, and then its cookie; nobody else.

- The redirect file is for its owner only. It leads a browser to the address with the token, so that the token
  is on no command line, where other users of the machine would see it.
- The token works once. The browser that brings it gets the session's key as a cookie.
- The cookie belongs to the random name of this console alone, and is never sent with a request from another
  site.
- Another Host header is refused: a name of somebody else may resolve to this machine.
"""

from dataclasses import dataclass, field
from hmac import compare_digest
from html import escape
from http import HTTPStatus
from pathlib import Path

from aiohttp import web

from idvault_client.pages import headers
from idvault_verify import durable_file, secret

FILE = "console.html"
_COOKIE = "console"
_FOREIGN = frozenset({"cross-site", "same-site"})


@dataclass(kw_only=True, eq=False)
class Entrance:
    """The door of one console. label: the random name before .localhost; token: for the first visit."""

    port: int
    label: str = field(repr=False)
    token: str = field(repr=False)
    session: str = field(repr=False)
    is_entered: bool = False

    @property
    def host(self) -> str:
        """The only Host that is answered."""
        return f"{self.label}.localhost:{self.port}"

    @property
    def base_url(self) -> str:
        """The console's address, without the token."""
        return f"http://{self.host}"

    @property
    def form_token(self) -> str:
        """The value that each form carries, which another site cannot know."""
        return secret.form_token(self.session)

    def write(self, folder: Path) -> Path:
        """Write the redirect file; return its path."""
        address = escape(f"{self.base_url}/enter/{self.token}")
        text = (
            f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>idvault</title>\n'
            f'<meta http-equiv="refresh" content="0; url={address}"></head>\n'
            f'<body><p><a href="{address}">idvault</a></p></body></html>\n'
        )
        path = folder / FILE
        durable_file.replace(path, text.encode())
        return path

    def withdraw(self, path: Path) -> None:
        """Destroy the redirect file, unless it is that of a later console of the same folder."""
        try:
            is_own = self.label in path.read_text("utf-8")
        except FileNotFoundError:
            return
        if is_own:
            durable_file.destroy(path)

    def check_host(self, request: web.Request) -> None:
        """Raise HTTPMisdirectedRequest for another name than this console's."""
        if request.headers.getall("Host", []) != [self.host]:
            raise web.HTTPMisdirectedRequest

    def enter(self, token: str) -> None:
        """Use the token; raises HTTPForbidden for a wrong one, and for the second use."""
        if self.is_entered or not compare_digest(token.encode(), self.token.encode()):
            raise web.HTTPForbidden
        self.is_entered = True

    def keep(self, answer: web.StreamResponse) -> None:
        """Give the browser the session's key, until it is closed."""
        answer.set_cookie(_COOKIE, self.session, path="/", httponly=True, samesite="Strict")

    def check(self, request: web.Request) -> None:
        """Raise HTTPForbidden unless a request comes from this session's browser and from no other site."""
        if request.headers.get("Sec-Fetch-Site") in _FOREIGN or not self.is_known(request):
            raise web.HTTPForbidden
        if request.method not in ("GET", "HEAD"):
            headers.check_origin(request, base_url=self.base_url)

    def is_known(self, request: web.Request) -> bool:
        """Return whether a request has this session's cookie."""
        given = request.cookies.get(_COOKIE, "")
        # A cookie may have bytes that are no text.
        return self.is_entered and compare_digest(given.encode(errors="replace"), self.session.encode())

    def check_form(self, token: str) -> None:
        """Raise HTTPForbidden for a form that is not this session's."""
        if not compare_digest(token.encode(), self.form_token.encode()):
            raise web.HTTPForbidden


def drawn(*, port: int, random: bytes) -> Entrance:
    """Return an entrance. random: 48 unpredictable bytes."""
    size = secret.SIZE
    parts = [secret.make(random[at : at + size]) for at in range(0, 3 * size, size)]
    return Entrance(port=port, label=parts[0], token=parts[1], session=parts[2])


TOLD = {
    HTTPStatus.FORBIDDEN: "outside",
    HTTPStatus.MISDIRECTED_REQUEST: "outside",
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "not_found",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too_large",
    HTTPStatus.REQUEST_TIMEOUT: "too_slow",
}
