"""The pages' connections to the edge."""

from pathlib import Path
from typing import cast

import pytest

from idvault.web.edge import CONNECTIONS, EdgeConnections, connect
from idvault.web.limits import RUNNING
from idvault_client import Tls, aio, transport
from idvault_client.backend.rpc import Rpc

CALL = Rpc("/path", b"", bytes)
TLS = Tls("ca", "certificate", "key")


class OneConnection:
    """A client that notes what is asked of it."""

    def __init__(self, *, breaks: bool = False) -> None:
        """Answer, or not."""
        self.breaks = breaks
        self.ran = 0
        self.certificates: list[Tls] = []
        self.is_closed = False

    async def run(self, call: Rpc[bytes]) -> bytes:
        """Answer with what was sent."""
        self.ran += 1
        return call.request

    async def use_certificate(self, tls: Tls) -> None:
        """Note the files."""
        self.certificates.append(tls)

    async def close(self) -> None:
        """Close, or fail."""
        self.is_closed = True
        if self.breaks:
            raise ConnectionError


def over(*clients: OneConnection) -> EdgeConnections:
    """Return connections over these clients."""
    return EdgeConnections(cast("list[aio.Vault]", clients))


async def test_connections_are_used_in_turn() -> None:
    """Each carries its part of the calls."""
    clients = [OneConnection() for _ in range(3)]
    async with over(*clients) as edge:
        for _ in range(6):
            assert await edge.run(CALL) == b""
    assert [client.ran for client in clients] == [2, 2, 2]


async def test_a_look_is_over_every_connection() -> None:
    """One that is broken is seen each time."""
    clients = [OneConnection() for _ in range(3)]
    assert await over(*clients).everywhere(CALL) == [b""] * 3
    assert [client.ran for client in clients] == [1, 1, 1]


async def test_all_get_the_new_certificate() -> None:
    """A former key must be in use nowhere once it is replaced."""
    clients = [OneConnection() for _ in range(3)]
    await over(*clients).use_certificate(TLS)
    assert [client.certificates for client in clients] == [[TLS]] * 3


async def test_all_are_closed_even_if_one_fails() -> None:
    """None is left open, and the failure is told."""
    clients = [OneConnection(breaks=number == 1) for number in range(3)]
    with pytest.raises(ConnectionError):
        async with over(*clients):
            pass
    assert all(client.is_closed for client in clients)


def test_there_are_enough_for_all_calls_of_the_pages() -> None:
    """A call never waits for a place on a connection."""
    assert CONNECTIONS * transport.AT_ONCE >= RUNNING


def test_files_are_read_at_once(tmp_path: Path) -> None:
    """A start with a file that is missing ends."""
    with pytest.raises(FileNotFoundError):
        connect("127.0.0.1:1", tls=Tls(tmp_path / "a", tmp_path / "b", tmp_path / "c"), timeout=1)
