"""A platform edge without authentication, limits, metrics, logs (`python -m tools.bench.bare READY`).

It answers GetStatus with the same servicer, flow, store, transport and acceptors as
`idvault serve`, and nothing else. Its settings are those of `idvault serve --edge platform`.
"""

import asyncio
import json
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from idvault.core import config
from idvault.core.edge.call import Caller
from idvault.core.policy import OperatorPolicy
from idvault.processes.bootstrap.base import load_keys, open_base
from idvault.processes.bootstrap.platform_edge import build_statuses
from idvault.processes.bootstrap.vault import fingerprinter_of, guard_of, vault_of
from idvault.processes.cli import running
from idvault.sealing.key_set import Purpose
from idvault_verify.v1 import status_pb2

_CALLER = Caller("platform-a", "platform", "b" * 32)
_NAME = "idvault.v1.StatusService"
_REMAINING = 10.0


async def _serve(ready: Path) -> None:
    import grpc

    from idvault.core.edge.server import ACCEPTORS, OPTIONS

    settings = config.load(config.Process.PLATFORM_EDGE)
    async with AsyncExitStack() as stack:
        base = await stack.enter_async_context(open_base(settings, running.real_clock, process="serve"))
        policy = OperatorPolicy(5, 365, settings.registry_calls_per_second, settings.zone)
        keys = load_keys(settings)
        vault = vault_of(
            base.main, guard=guard_of(base), fingerprinter=fingerprinter_of(keys, Purpose.REQUEST)
        )
        servicer, _ = await build_statuses(stack, base, vault, keys=keys, policy=policy)

        async def answer(body: bytes, context: Any) -> bytes:
            request = status_pb2.GetStatusRequest.FromString(body)
            status = await servicer.GetStatus(request, caller=_CALLER, now=base.clock(), remaining=_REMAINING)
            return status.SerializeToString()

        handlers: dict[str, Any] = {"GetStatus": grpc.unary_unary_rpc_method_handler(answer)}
        pair = (settings.tls_key.read_bytes(), settings.tls_certificate.read_bytes())
        credentials = grpc.ssl_server_credentials([pair], settings.tls_ca.read_bytes(), True)
        servers, port = [], 0
        for _ in range(ACCEPTORS):
            servers.append(grpc.aio.server(options=OPTIONS))
            servers[-1].add_generic_rpc_handlers((grpc.method_handlers_generic_handler(_NAME, handlers),))
            port = servers[-1].add_secure_port(f"127.0.0.1:{port}", credentials)
        for server in servers:
            await server.start()
        ready.write_text(json.dumps({"port": port}), "ascii")  # noqa: ASYNC240 - before it serves
        await servers[0].wait_for_termination()


def main() -> None:
    with asyncio.Runner(loop_factory=running.fast_loop) as runner:
        runner.run(_serve(Path(sys.argv[1])))


if __name__ == "__main__":
    main()
