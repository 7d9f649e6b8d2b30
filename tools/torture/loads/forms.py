"""Visitors of one platform's form for reports, from many addresses, each of whom files one report."""

import asyncio
import re
import secrets
import time
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlencode

import aiohttp

from tools.torture.loads import Target

PLATFORM = "platform-b"
_VISITORS = 200
_BOUNDARY = "x7"
_FORM = re.compile(r'name="form" value="([^"]*)"')
_ANSWERS = (("what", "RUMOUR"), ("where", "synthetic"), ("contact", ""), ("why", "synthetic"))


def run(target: Target, *, seconds: float) -> str:
    """Visit with as many visitors at once as there are, until the time is over."""
    return asyncio.run(_run(target, time.monotonic() + seconds))


async def _run(target: Target, end: float) -> str:
    seen: Counter[str] = Counter()
    number = target.times(_VISITORS)
    connector = aiohttp.TCPConnector(limit=number)
    jar = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(target.pages, connector=connector, cookie_jar=jar) as session:
        await asyncio.gather(*(_visit(session, target, end, seen) for _ in range(number)))
    return (
        f"{number} visitors at once: {', '.join(f'{count} {name}' for name, count in sorted(seen.items()))}"
    )


async def _visit(session: aiohttp.ClientSession, target: Target, end: float, seen: Counter[str]) -> None:
    """File one report after the other, each with another browser at another address."""
    while (left := end - time.monotonic()) > 0:
        try:
            async with asyncio.timeout(left):
                seen["filed" if await _Visitor(session, target).file() else "refused"] += 1
        except TimeoutError:
            return
        except aiohttp.ClientError:
            seen["cut off"] += 1
            await asyncio.sleep(0.1)


@dataclass
class _Visitor:
    """One browser."""

    session: aiohttp.ClientSession
    target: Target
    cookies: dict[str, str] = field(default_factory=dict)
    address: str = field(default_factory=lambda: ".".join(str(1 + secrets.randbelow(250)) for _ in range(4)))

    async def file(self) -> bool:
        """Answer every question; return whether the report was filed."""
        form = f"/r/{PLATFORM}"
        place = await self._post(form, form)
        path = place.rpartition("/")[0]
        for step, value in _ANSWERS:
            if not path or not await self._post(f"{path}/{step}", f"{path}/{step}", **{step: value}):
                return False
        return bool(await self._send(f"{path}/check"))

    async def _post(self, page: str, path: str, **fields: str) -> str:
        """Fill in the form of a page; return where the answer sends, "" if it is refused."""
        body = urlencode({"form": await self._token(page), **fields}).encode()
        return await self._ask("POST", path, body, "application/x-www-form-urlencoded")

    async def _send(self, path: str) -> str:
        fields = {"form": await self._token(path)}
        parts = [
            f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        ]
        body = "".join((*parts, f"--{_BOUNDARY}--\r\n")).encode()
        return await self._ask("POST", path, body, f"multipart/form-data; boundary={_BOUNDARY}")

    async def _token(self, page: str) -> str:
        found = _FORM.search(await self._ask("GET", page))
        return found[1] if found else ""

    async def _ask(self, method: str, path: str, body: bytes = b"", kind: str = "") -> str:
        """Return the text of a page, or of an answer to a form where it sends."""
        headers = {
            "X-Forwarded-For": self.address,
            "Origin": self.target.pages.replace("127.0.0.1", "localhost"),
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            **({"Content-Type": kind} if kind else {}),
        }
        async with self.session.request(
            method, path, data=body or None, headers=headers, allow_redirects=False
        ) as answer:
            for cookie in answer.headers.getall("Set-Cookie", []):
                name, _, value = cookie.partition(";")[0].partition("=")
                self.cookies[name] = value
            return await answer.text() if method == "GET" else answer.headers.get("Location", "")
