"""Watches of grpc.health.v1, as many as the server lets stand, of a registered caller and of a stranger."""

import asyncio
import time
from contextlib import suppress

from idvault_client import Tls
from tools.torture.http2 import wire
from tools.torture.http2.wire import Connection
from tools.torture.loads import Target

_CONNECTIONS = 30
_STREAMS = 1_000
_CHUNK = 50
_WATCH = "/grpc.health.v1.Health/Watch"


def run(target: Target, *, seconds: float) -> str:
    """Open all watches, and hold those that stand until the time is over."""
    return asyncio.run(_run(target, time.monotonic() + seconds))


async def _run(target: Target, end: float) -> str:
    callers = [target.tls if place % 2 else target.stranger or target.tls for place in range(_CONNECTIONS)]
    held = await asyncio.gather(
        *(_connection(target, tls, end) for tls in callers[: target.times(_CONNECTIONS)])
    )
    return f"{sum(each[0] for each in held)} watches begun, {sum(each[1] for each in held)} stood at the end"


async def _connection(target: Target, tls: Tls, end: float) -> tuple[int, int]:
    try:
        connection = await Connection.open(target.edge, tls)
    except OSError:
        return 0, 0
    try:
        streams: list[int] = []
        for place in range(target.times(_STREAMS)):
            if time.monotonic() >= end or connection.closed.is_set():
                break
            streams.append(connection.begin(_WATCH))
            await connection.send(
                wire.frame(wire.DATA, flags=wire.END_STREAM, stream=streams[-1], payload=wire.message(b""))
            )
            if not place % _CHUNK:
                await asyncio.sleep(0.02)
        with suppress(TimeoutError):
            await asyncio.wait_for(connection.closed.wait(), max(0.0, end - time.monotonic()))
        return len(streams), sum(not connection.ended(stream) for stream in streams)
    finally:
        await connection.close()
