"""A console in this process, and a browser without script that visits it."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiohttp import ClientSession, DummyCookieJar, FormData

from idvault_people.console import server
from idvault_people.console.app import Console
from idvault_people.console.visit import Route


@dataclass
class Seen:
    """An answer of a console."""

    status: int
    headers: dict[str, str]
    text: str
    body: bytes = field(default=b"", repr=False)

    @property
    def title(self) -> str:
        """The heading."""
        found = re.search(r"<h1[^>]*>(.*?)</h1>", self.text, re.S)
        return unescape(found[1]).strip() if found else ""

    @property
    def words(self) -> str:
        """The text of the page without its tags, with single blanks."""
        return " ".join(unescape(re.sub(r"<[^>]*>", " ", self.text)).split())

    def hidden(self, name: str) -> str:
        """Return the value of the first hidden field of a name."""
        found = re.search(rf'name="{name}" value="([^"]*)"', self.text)
        return unescape(found[1]) if found else ""


@dataclass
class Visitor:
    """A browser at a console. headers: sent with each request; cookies: by name; seen: every answer."""

    session: ClientSession
    port: int
    host: str
    headers: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)

    async def get(self, path: str, **headers: str) -> Seen:
        """Open an address; follow where it leads."""
        return await self._followed(await self._ask("GET", path, headers))

    async def post(self, path: str, page: Seen | None = None, **fields: str) -> Seen:
        """Send a form of a page; follow where it leads."""
        return await self._followed(await self.send(path, {**_hidden(page), **fields}))

    async def upload(
        self, path: str, page: Seen, files: Mapping[str, tuple[str, bytes]], **fields: str
    ) -> Seen:
        """Send a form with files; follow where it leads."""
        return await self._followed(await self.send(path, {**_hidden(page), **fields}, files=files))

    async def _followed(self, answer: Seen) -> Seen:
        return await self.get(answer.headers["Location"]) if answer.status == 303 else answer

    async def send(
        self,
        path: str,
        fields: Mapping[str, str],
        *,
        files: Mapping[str, tuple[str, bytes]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Seen:
        """Send fields, with files if given, and follow nothing."""
        data = FormData(dict(fields), default_to_multipart=files is not None)
        for name, (filename, content) in (files or {}).items():
            data.add_field(name, BytesIO(content), filename=filename)
        return await self._ask("POST", path, {"Origin": f"http://{self.host}", **(headers or {})}, data)

    async def _ask(self, method: str, path: str, headers: Mapping[str, str], data: Any = None) -> Seen:
        sent = {"Host": self.host, "Accept-Language": "en", **self.headers, **headers}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        url = f"http://127.0.0.1:{self.port}{path}"
        async with self.session.request(
            method, url, headers=sent, data=data, allow_redirects=False
        ) as answer:
            body = await answer.read()
            text = body.decode("utf-8", "replace")
            page = Seen(answer.status, dict(answer.headers), text, body)
            self.cookies |= {name: morsel.value for name, morsel in answer.cookies.items()}
        self.seen.append(page)
        return page


def _hidden(page: Seen | None) -> dict[str, str]:
    return {name: page.hidden(name) for name in ("form", "once")} if page is not None else {}


@dataclass
class Running:
    """A running console. file: the redirect file; routes: none if another process runs it."""

    file: Path
    stop: asyncio.Event
    session: ClientSession
    routes: Sequence[Route] = ()

    @property
    def address(self) -> str:
        """Where the redirect file leads."""
        found = re.search(r"url=([^\"]*)", self.file.read_text("utf-8"))
        assert found is not None
        return unescape(found[1])

    def visitor(self, **headers: str) -> Visitor:
        """Return a browser that has not entered."""
        host = self.address.removeprefix("http://").partition("/")[0]
        return Visitor(self.session, int(host.partition(":")[2]), host, headers)

    async def enter(self, **headers: str) -> Visitor:
        """Return the browser that enters by the redirect file."""
        made = self.visitor(**headers)
        assert (await made.get(urlsplit(self.address).path)).status == 200
        return made


@asynccontextmanager
async def visiting(file: Path) -> AsyncIterator[Visitor]:
    """Enter a console that another process runs, by its redirect file."""
    async with ClientSession(cookie_jar=DummyCookieJar()) as session:
        yield await Running(file, asyncio.Event(), session).enter()


@asynccontextmanager
async def running(console: Console, folder: Path, *, patience: float = 30.0) -> AsyncIterator[Running]:
    """Run a console until the block ends."""
    ready: asyncio.Future[Path] = asyncio.get_running_loop().create_future()
    stop = asyncio.Event()
    async with ClientSession(cookie_jar=DummyCookieJar()) as session:
        work = server.run(console, folder=folder, ready=ready.set_result, stop=stop, patience=patience)
        served = asyncio.create_task(work)
        try:
            yield Running(await ready, stop, session, console.routes)
        finally:
            stop.set()
            await served
