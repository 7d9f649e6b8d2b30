"""An echo over mutual TLS (`python -m tests.performance.echo KIND CA CERTIFICATE KEY READY`).

KIND: E0 is stock grpc.aio, E1 the same with idvault's process tuning.

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


async def _serve(ca: str, certificate: str, key: str, ready: str) -> None:
    import grpc

    async def echo(body: bytes, _context: Any) -> bytes:
        return body

    handler = grpc.method_handlers_generic_handler(
        "bench.Echo", {"Echo": grpc.unary_unary_rpc_method_handler(echo)}
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
    if kind == "E1":
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(*arguments))


if __name__ == "__main__":
    main()
