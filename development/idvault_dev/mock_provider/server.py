"""Runs a mock provider: its interface and its page on one port, faults on an admin port of loopback."""

import asyncio
import html
from collections.abc import Callable
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any

from aiohttp import web

from idvault_dev.mock_provider.book import DifferentProofError, ProofBook, ProviderFault
from idvault_verify.attest.assertion import ProofEnd

_LOOPBACK = "127.0.0.1"
_GRACE = 0.1
_MEMBERS = ("session", "return_url")
_PERSON = ("name", "document_type", "number")
_FORMER = ("former_document_type", "former_number")
_FORMS = (frozenset(_MEMBERS), frozenset((*_MEMBERS, *_PERSON)))
_PAGE = """<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>模拟核验机构 · Mock provider</title>
<meta name="viewport" content="width=device-width"></head><body>
<h1>模拟核验机构 · Mock provider</h1><form method="post" action="end">
{asked}<p><button name="outcome" value="CONFIRMED">是本人 · It is me</button></p>
<p><button name="outcome" value="DENIED">不是本人 · It is somebody else</button></p>
<p><button name="outcome" value="CANCELLED">取消 · Cancel</button></p></form></body></html>
"""
_SHOWN = "<p>{name} {number}</p>"
_CREDENTIAL = """<p><label>网络凭证 · Network credential
<input name="credential" value="1" maxlength="64" required></label></p>
"""


@dataclass(frozen=True, slots=True)
class ProviderAddresses:
    """Where a mock provider listens."""

    base_url: str
    admin_url: str


@dataclass(kw_only=True, eq=False, repr=False)
class ProviderPages:
    """The handlers. secret: what the vault sends with each of its calls."""

    book: ProofBook
    secret: str

    def application(self) -> web.Application:
        """Return what vault and people reach."""
        app = web.Application()
        app.router.add_put("/proofs/{nonce}", self._open)
        app.router.add_get("/proofs/{nonce}/assertion", self._assertion)
        app.router.add_get("/proofs/{nonce}/page", self._page)
        app.router.add_post("/proofs/{nonce}/end", self._end)
        return app

    def admin(self) -> web.Application:
        """Return what tests reach."""
        app = web.Application()
        app.router.add_put("/behaviour", self._change)
        app.router.add_get("/counters", self._counters)
        return app

    async def _open(self, request: web.Request) -> web.Response:
        self._check(request)
        content = await request.json()
        texts = {name: content.get(name) for name in content if name in (*_MEMBERS, *_PERSON)}
        if not all(isinstance(text, str) for text in texts.values()) or texts.keys() not in _FORMS:
            raise web.HTTPBadRequest
        person = {name: texts[name] for name in _PERSON if name in texts}
        if person:
            person |= {name: content[name] for name in _FORMER if isinstance(content.get(name), str)}
        try:
            self.book.open(
                request.match_info["nonce"],
                session=texts["session"],
                return_url=texts["return_url"],
                person=person,
            )
        except DifferentProofError:
            raise web.HTTPConflict from None
        return web.Response(status=201)

    async def _assertion(self, request: web.Request) -> web.Response:
        self._check(request)
        found = self.book.assertion(request.match_info["nonce"])
        if found is None:
            raise web.HTTPNotFound
        return web.Response(text=found, content_type="application/jwt")

    async def _page(self, request: web.Request) -> web.Response:
        person = self._held(request).person
        asked = _CREDENTIAL
        if person:
            shown = {"name": person["name"][:1] + "*", "number": person["number"][:1] + "*" * 8}
            asked = _SHOWN.format(**{name: html.escape(value) for name, value in shown.items()})
        return web.Response(text=_PAGE.format(asked=asked), content_type="text/html")

    async def _end(self, request: web.Request) -> web.Response:
        self._held(request)
        form = await request.post()
        ended, credential = str(form.get("outcome", "")), str(form.get("credential", ""))
        if ended not in ProofEnd.__members__:
            raise web.HTTPBadRequest
        back = self.book.end(request.match_info["nonce"], ProofEnd(ended), credential=credential)
        return web.Response(status=303, headers={"Location": back})

    async def _change(self, request: web.Request) -> web.Response:
        content: Any = await request.json()
        fault = content.get("fault") if isinstance(content, dict) else None
        if not isinstance(fault, str) or fault not in ProviderFault.__members__:
            raise web.HTTPBadRequest
        self.book.fault = ProviderFault(fault)
        return web.json_response({"fault": fault})

    async def _counters(self, _request: web.Request) -> web.Response:
        ended = sum(each.signed is not None for each in self.book.proofs.values())
        counts = {"opened": len(self.book.proofs), "ended": ended, "asked": self.book.asked}
        return web.json_response(counts)

    def _check(self, request: web.Request) -> None:
        given = request.headers.get("Authorization", "").encode()
        if not compare_digest(given, f"Bearer {self.secret}".encode()):
            raise web.HTTPUnauthorized
        if self.book.fault is ProviderFault.SILENT:
            raise web.HTTPServiceUnavailable

    def _held(self, request: web.Request) -> Any:
        held = self.book.proofs.get(request.match_info["nonce"])
        if held is None:
            raise web.HTTPNotFound
        return held


async def run(
    pages: ProviderPages,
    *,
    host: str,
    port: int,
    admin_port: int,
    ready: Callable[[ProviderAddresses], None],
    stop: asyncio.Event,
) -> None:
    """Serve until stop is set; raises OSError if a port is taken. Port 0 takes a free one."""
    runners = [
        web.AppRunner(app, access_log=None, shutdown_timeout=_GRACE)
        for app in (pages.application(), pages.admin())
    ]
    try:
        for runner in runners:
            await runner.setup()
        await web.TCPSite(runners[0], host, port, reuse_address=True).start()
        await web.TCPSite(runners[1], _LOOPBACK, admin_port, reuse_address=True).start()
        own, admin = (runner.addresses[0][1] for runner in runners)
        ready(ProviderAddresses(f"http://{host}:{own}", f"http://{_LOOPBACK}:{admin}"))
        await stop.wait()
    finally:
        for runner in runners:
            await runner.cleanup()
