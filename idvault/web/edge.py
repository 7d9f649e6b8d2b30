"""The hosted pages' connections to the edge: each carries few calls; without one, no page is ready."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from itertools import cycle
from types import TracebackType
from typing import Self

from idvault.core.check import AilmentError
from idvault.core.config import ConfigError, Settings
from idvault.web.limits import RUNNING
from idvault_client import Tls, aio, refusals, transport
from idvault_client.backend.rpc import Result, Rpc
from idvault_client.errors import VaultError

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


def connect(target: str, *, tls: Tls, timeout: float) -> EdgeConnections:
    """Return connections to an edge; the arguments are those of `idvault_client.connect`."""
    return EdgeConnections([aio.connect(target, tls=tls, timeout=timeout) for _ in range(CONNECTIONS)])


_PATIENCE = 5.0
# grpc.health.v1: a HealthCheckResponse has one field, and 1 is SERVING. The stubs belong to the edge.
_SERVING = b"\x08\x01"
_OTHER_NAME = "its certificate does not have the host of the target among its names"
_CHECK = Rpc("/grpc.health.v1.Health/Check", b"", lambda answer: answer == _SERVING)


async def check(vault: EdgeConnections, *, patience: float = _PATIENCE) -> None:
    """Raise AilmentError unless the edge says that it serves."""
    try:
        async with asyncio.timeout(patience):
            # Over all connections: with one broken, looks in turn would go back and forth.
            answers = await vault.everywhere(_CHECK)
    except TimeoutError as error:
        raise AilmentError("the platform edge does not answer") from error
    except VaultError as error:
        # The client's hint names an argument, which is no setting.
        hint = _OTHER_NAME if error.hint == refusals.OTHER_NAME else error.hint
        raise AilmentError(f"the platform edge does not answer{hint and f': {hint}'}") from error
    if not all(answers):
        raise AilmentError("the platform edge is not ready")


async def check_target(settings: Settings) -> None:
    """Raise AilmentError unless the edge that these settings name can be used."""
    try:
        edge = connected(settings, timeout=_PATIENCE / 2)
    except ConfigError as error:
        raise AilmentError(str(error)) from error
    # The client waits for a connection until its call's end, and only then says why there is none.
    async with edge as vault:
        try:
            await check(vault)
        except AilmentError as fault:
            text = "check IDVAULT_WEB_TARGET, a host that the edge's certificate names, and the edge itself"
            raise AilmentError(f"{fault}: {text}") from fault


_NAMED = "target is IDVAULT_WEB_TARGET, and tls the files of IDVAULT_TLS_"


def connected(settings: Settings, *, timeout: float) -> EdgeConnections:
    """Return a client of the edge that these settings name.

    Raises OSError if a file cannot be read, ConfigError if one or the target cannot be used.
    """
    tls = Tls(settings.tls_ca, settings.tls_certificate, settings.tls_key)
    try:
        return connect(settings.web_target, tls=tls, timeout=timeout)
    except ValueError as error:
        raise ConfigError(f"the platform edge cannot be called: {error} ({_NAMED})") from error
