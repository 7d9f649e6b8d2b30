"""An echo over mutual TLS (`python -m tools.bench.echo KIND CA CERTIFICATE KEY READY`).

KIND: E0 is stock grpc.aio, E1 the same with idvault's process tuning, paced is E1 that answers in batches
while many calls are in flight.

Every other figure is a ratio to this one: the same transport with nothing behind it.
"""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

TUNING = {"GRPC_EXPERIMENTS": "-event_engine_listener"}
"""What E1 has in its environment besides; grpc reads it when it is imported."""
PATH = "/bench.Echo/Echo"
_LEAST, _GAP = 8, 0.0015


class Pace:
    """Releases answers in batches: with at least 8 calls in flight, at most once in 1.5 ms."""

    def __init__(self) -> None:
        """Start with nothing in flight."""
        self._in_flight = 0
        self._held: list[asyncio.Future[None]] = []

    async def turn(self) -> None:
        """Wait for the next release; returns at once while few calls are in flight."""
        self._in_flight += 1
        try:
            if self._in_flight >= _LEAST or self._held:
                await self._release()
        finally:
            self._in_flight -= 1

    async def _release(self) -> None:
        loop = asyncio.get_running_loop()
        if not self._held:
            loop.call_later(_GAP, self._let_go)
        held = loop.create_future()
        self._held.append(held)
        await held

    def _let_go(self) -> None:
        for each in self._held:
            if not each.done():
                each.set_result(None)
        self._held = []


async def _serve(kind: str, ca: str, certificate: str, key: str, ready: str) -> None:
    import grpc

    pace = Pace()

    async def echo(body: bytes, _context: Any) -> bytes:
        return body

    async def paced(body: bytes, _context: Any) -> bytes:
        await pace.turn()
        return body

    handler = grpc.method_handlers_generic_handler(
        "bench.Echo", {"Echo": grpc.unary_unary_rpc_method_handler(paced if kind == "paced" else echo)}
    )
    server = grpc.aio.server(options=(("grpc.so_reuseport", 0),))
    server.add_generic_rpc_handlers((handler,))
    pair = (Path(key).read_bytes(), Path(certificate).read_bytes())  # noqa: ASYNC240 - before it serves
    credentials = grpc.ssl_server_credentials([pair], Path(ca).read_bytes(), True)  # noqa: ASYNC240
    port = server.add_secure_port("127.0.0.1:0", credentials)
    await server.start()
    Path(ready).write_text(str(port), "ascii")  # noqa: ASYNC240
    await server.wait_for_termination()


def main() -> None:
    kind, *arguments = sys.argv[1:]
    if kind != "E0":
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(kind, *arguments))


if __name__ == "__main__":
    main()
