"""Whether a registry answers at its address, and its time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from aiohttp import web

from idvault.registry import probe
from idvault.registry.nppa import CHECK_PATH
from idvault.registry.probe import NoRegistryError, UnreachedError

REFUSAL = b'{"errcode": 1004, "errmsg": "SYS REQ HEADER MISS ERROR"}'
"""What a registry says to a request without signature."""


@asynccontextmanager
async def answering(
    date: str | None, *, status: int = 200, body: bytes = REFUSAL, path: str = ""
) -> AsyncIterator[str]:
    """Run a server that answers as a registry, with a Date header, None for the true one; yields its URL.

    path: the only one that is answered so, "" for all.
    """

    async def handle(request: web.Request) -> web.Response:
        headers = {"Date": date} if date is not None else {}
        if path and request.path != path:
            return web.Response(status=404, headers=headers)
        return web.Response(status=status, body=body, headers=headers)

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/check"
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("date", "time"),
    [
        ("Sun, 01 Mar 2026 00:00:07 GMT", datetime(2026, 3, 1, 0, 0, 7, tzinfo=UTC)),
        ("Sun, 01 Mar 2026 08:00:07 +0800", datetime(2026, 3, 1, 0, 0, 7, tzinfo=UTC)),
        ("today", None),
        ("", None),
    ],
)
async def test_somebody_answers(date: str, time: datetime | None) -> None:
    """Any answer counts; its time is returned if present."""
    async with answering(date) as url:
        assert await probe.ask(url) == time


async def test_a_registry_is_recognised() -> None:
    """By the errcode with which it refuses, whatever the status; the path belongs to its interface."""
    async with answering(None, path="/check/idcard/authentication/check") as url:
        await probe.ask_registry(f"{url}/", CHECK_PATH, method="POST")
    async with answering(None, status=401) as url:
        await probe.ask_registry(url, CHECK_PATH, method="POST")


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (
            404,
            b"",
            "has a wrong path: what answers there knows no /idcard/authentication/check (HTTP status 404)",
        ),
        (200, b'{"errcode": 1002}', "has a wrong path"),
        (
            502,
            b"<html>Bad Gateway</html>",
            "leads to a gateway that does not reach the registry (HTTP status 502)",
        ),
        (503, b"", "leads to a gateway that does not reach the registry (HTTP status 503)"),
        (500, b"", "leads to a server that fails (HTTP status 500)"),
        (301, b"", "leads to another address (HTTP status 301), which is not followed"),
        (
            200,
            b"<html>Welcome</html>",
            "does not lead to a registry: the answer has no errcode (HTTP status 200)",
        ),
        (200, b'{"errcode": "none"}', "does not lead to a registry"),
        (200, b"[" * 5_000, "does not lead to a registry"),
    ],
)
async def test_something_else_answers(status: int, body: bytes, said: str) -> None:
    """A gateway, a wrong path and another server are told from their answers, which are never repeated."""
    async with answering(None, status=status, body=body) as url:
        with pytest.raises(NoRegistryError) as caught:
            await probe.ask_registry(url, CHECK_PATH, method="POST")
    assert str(caught.value).startswith(said)


async def test_nobody_answers() -> None:
    """A closed port raises UnreachedError."""
    async with answering("") as url:
        pass
    with pytest.raises(UnreachedError):
        await probe.ask(url, patience=2)
    with pytest.raises(UnreachedError):
        await probe.ask_registry(url, CHECK_PATH, method="GET", patience=2)
