"""Whether the registry's address answers, and its time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from aiohttp import web

from idvault.registry import probe
from idvault.registry.probe import UnreachedError


@asynccontextmanager
async def answering(date: str | None) -> AsyncIterator[str]:
    """Run a server that answers 404 with a chosen Date header, None for the true one; yields its URL."""

    async def handle(_request: web.Request) -> web.Response:
        return web.Response(status=404, headers={"Date": date} if date is not None else {})

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


async def test_nobody_answers() -> None:
    """A closed port raises UnreachedError."""
    async with answering("") as url:
        pass
    with pytest.raises(UnreachedError):
        await probe.ask(url, patience=2)
