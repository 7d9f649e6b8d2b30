"""Servers of recipients that tests really talk to: one of webhooks, one of mail. Each does as it is told."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from typing import Any

from aiohttp import web
from aiosmtpd.smtp import SMTP

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass(frozen=True)
class Hook:
    """A request that arrived. query: of its address."""

    headers: dict[str, str]
    body: bytes
    query: str = ""


@dataclass(eq=False)
class HookServer:
    """answers: of the next requests: a status, seconds to wait before 204, "die" or "moved"; then 204."""

    port: int = 0
    answers: list[int | float | str] = field(default_factory=list)
    hooks: list[Hook] = field(default_factory=list)
    elsewhere: int = 0
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    async def take(self, request: web.Request) -> web.StreamResponse:
        self.hooks.append(Hook(dict(request.headers), await request.read(), request.query_string))
        self.arrived.set()
        answer = self.answers.pop(0) if self.answers else 204
        if answer == "die":
            assert request.transport is not None
            request.transport.abort()
        if answer == "moved":
            raise web.HTTPFound(f"http://127.0.0.1:{self.port}/elsewhere")
        if answer == "endless":
            return await self._endless(request)
        if isinstance(answer, float):
            await asyncio.sleep(answer)
        return web.Response(status=answer if isinstance(answer, int) else 204)

    async def _endless(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 65_536)
        except OSError:
            return response

    async def redirected(self, _request: web.Request) -> web.Response:
        self.elsewhere += 1
        return web.Response()


@asynccontextmanager
async def hook_server(port: int = 0) -> AsyncIterator[HookServer]:
    """Serve webhooks on this machine."""
    made = HookServer()
    application = web.Application()
    application.router.add_post("/hook", made.take)
    application.router.add_route("*", "/elsewhere", made.redirected)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    made.port = runner.addresses[0][1]
    try:
        yield made
    finally:
        await runner.cleanup()


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@dataclass(eq=False)
class MailHandler:
    """Takes mails. answers: of the next mails: an SMTP reply, seconds to wait, "die"; then 250."""

    port: int = 0
    answers: list[str | float] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    to: list[str] = field(default_factory=list)
    asked: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def mails(self) -> list[Message]:
        return [message_from_bytes(each) for each in self.raw]

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        async with self.asked:
            answer = self.answers.pop(0) if self.answers else "250 taken"
            self.asked.notify_all()
        if answer == "die":
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
            return "451 gone"
        if isinstance(answer, float):
            await asyncio.sleep(answer)
            answer = "250 taken"
        if answer.startswith("250"):
            self.raw.append(envelope.content)
            self.to += envelope.rcpt_tos
        return answer


@asynccontextmanager
async def mail_server(port: int = 0) -> AsyncIterator[MailHandler]:
    """Serve SMTP on this machine."""
    made = MailHandler()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(made, loop=loop), "127.0.0.1", port)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
