"""The hosted pages' connections to the edge, of which each carries only so many calls at a time."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from itertools import cycle
from types import TracebackType
from typing import Self

from idvault.web.limits import RUNNING
from idvault_client import Tls, aio, transport
from idvault_client.backend.rpc import Result, Rpc

CONNECTIONS = -(-RUNNING // transport.AT_ONCE)
"""Together they carry the calls that the pages make at once."""


class EdgeConnections:
    """Some clients of one edge, used in turn."""

    def __init__(self, clients: Sequence[aio.Vault]) -> None:
        """Use these clients, which are closed at the end."""
        self._clients = clients
        self._turns = cycle(clients)

    async def run(self, call: Rpc[Result]) -> Result:
        """Make a call and return what the answer means; raises VaultError."""
        return await next(self._turns).run(call)

    async def everywhere(self, call: Rpc[Result]) -> list[Result]:
        """Make a call over each connection and return what the answers mean; raises VaultError."""
        return await asyncio.gather(*(client.run(call) for client in self._clients))

    async def use_certificate(self, tls: Tls) -> None:
        """Make the next calls with these files; running ones have their timeout to end. Raises OSError."""
        await asyncio.gather(*(client.use_certificate(tls) for client in self._clients))

    async def __aenter__(self) -> Self:
        """Return the connections."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close all connections."""
        async with AsyncExitStack() as stack:
            for client in self._clients:
                stack.push_async_callback(client.close)


def connect(target: str, *, tls: Tls, timeout: float, server_name: str | None = None) -> EdgeConnections:
    """Return connections to an edge; the arguments are those of `idvault_client.connect`."""
    return EdgeConnections(
        [aio.connect(target, tls=tls, timeout=timeout, server_name=server_name) for _ in range(CONNECTIONS)]
    )
