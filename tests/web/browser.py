"""A browser without script: it keeps cookies, fills in forms, and follows no redirect by itself."""

import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import urlencode

from aiohttp.test_utils import TestClient

from tests.support.session_world import BASE_URL


@dataclass
class Page:
    """An answer, and the path that it came from."""

    status: int
    headers: dict[str, str]
    text: str
    path: str = ""

    @property
    def title(self) -> str:
        """The heading."""
        found = re.search(r"<h1>(.*?)</h1>", self.text, re.S)
        return unescape(found[1]).strip() if found else ""

    def hidden(self, name: str) -> str:
        """Return the value of a hidden field."""
        found = re.search(rf'name="{name}" value="([^"]*)"', self.text)
        return found[1] if found else ""

    @property
    def links(self) -> list[str]:
        """The addresses of the links in the text."""
        return [unescape(each) for each in re.findall(r'class="button" href="([^"]*)"', self.text)]


@dataclass
class Browser:
    """A visitor. headers: sent with each request. cookies: kept by name. seen: every answer."""

    client: TestClient[Any, Any]
    headers: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    seen: list[Page] = field(default_factory=list)

    async def get(self, path: str, *, query: dict[str, str] | None = None) -> Page:
        return await self._ask("GET", f"{path}?{urlencode(query)}" if query else path, b"", {})

    async def post(self, path: str, fields: Any, *, origin: str = BASE_URL, **headers: str) -> Page:
        body = fields if isinstance(fields, bytes) else urlencode(fields).encode()
        given = {"Content-Type": "application/x-www-form-urlencoded", "Origin": origin, **headers}
        return await self._ask("POST", path, body, given)

    async def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Page:
        sent = {**self.headers, **headers}
        # The test's server speaks plain http, where no cookie jar keeps a __Host- cookie.
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        async with self.client.request(
            method, path, data=body or None, headers=sent, allow_redirects=False
        ) as answer:
            page = Page(answer.status, dict(answer.headers), await answer.text(), path)
            for cookie in answer.headers.getall("Set-Cookie", []):
                name, _, value = cookie.partition(";")[0].partition("=")
                if name != "language":
                    self.cookies[name] = value.strip('"')
        self.seen.append(page)
        return page

    async def follow(self, page: Page) -> Page:
        """Go where an answer sends."""
        assert page.status == 303, ([(one.status, one.path) for one in self.seen[-4:]], page.text)
        return await self.get(page.headers["Location"])

    async def open(self, url: str) -> Page:
        """Open a link and press its button; return the page that leads to the platform."""
        path = url.removeprefix(BASE_URL)
        start = await self.get(path)
        return await self.follow(await self.post(path, {"form": start.hidden("form")}))
