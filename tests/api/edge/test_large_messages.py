"""What an edge lets be sent before a message has room, whatever the method and whoever calls."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from idvault.core.capacity import LOOKAHEAD
from idvault.core.edge import server
from idvault.core.edge.limits import request_limit
from idvault.core.edge.message_room import MessageRoom
from idvault_client import Tls
from tools.support import campaign_edge
from tools.support.authority import Authority, Issued, spiffe
from tools.support.edge import METHODS, VERIFY, WATCH, Edge, running
from tools.torture.http2 import wire
from tools.torture.http2.wire import Connection

_MEGABYTE = 1024 * 1024
_CALLS = 30
_HEALTH = "/grpc.health.v1.Health/Check"
# Long enough for a wider window that would come; nothing is asserted about time.
_PATIENCE = 0.3
_ZEROS = bytes(_MEGABYTE)
# One of each kind: with the usual limit and a larger one, a stream, and of another service.
_KINDS = (VERIFY, campaign_edge.IMPORT, WATCH, _HEALTH)


@asynccontextmanager
async def _connection(edge: Edge, issued: Issued, folder: Path) -> AsyncIterator[Connection]:
    files = {"ca": edge.authority.ca, "certificate": issued.certificate, "key": issued.key}
    for name, content in files.items():
        (folder / name).write_bytes(content)
    tls = Tls(folder / "ca", folder / "certificate", folder / "key")
    connection = await Connection.open(f"127.0.0.1:{edge.server.port}", tls)
    try:
        await connection.until_settings(patience=30.0)
        yield connection
    finally:
        await connection.close()


async def _let_pass(connection: Connection, path: str, size: int) -> int:
    """Begin a message of this size that never ends; return how many bytes of it the edge let pass."""
    stream = connection.begin(path)
    data = wire.message(b"", length=size) + _ZEROS[: size - 1]
    return await connection.send_data(stream, data, patience=_PATIENCE)


@pytest.mark.parametrize("path", _KINDS)
async def test_the_bytes_of_all_messages_have_a_limit(
    tmp_path: Path, authority: Authority, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many large messages a method gets, the edge takes what has room, and little of the rest."""
    # On a slow machine one would be late before the others have come, and make way for the bytes of another.
    monkeypatch.setattr(server, "MessageRoom", partial(MessageRoom, patience=60.0))
    limit = 3 * _MEGABYTE
    async with (
        running(tmp_path, authority, takes={"message_bytes": limit}, read_time=30.0) as edge,
        _connection(edge, edge.platform_a, tmp_path) as connection,
    ):
        calls = [_let_pass(connection, path, _MEGABYTE - 16) for _ in range(_CALLS)]
        assert sum(await asyncio.gather(*calls)) <= limit + _CALLS * (LOOKAHEAD + 5)


async def test_a_stranger_sends_next_to_nothing(tmp_path: Path, authority: Authority) -> None:
    """Of a caller who is not registered no message is asked for."""
    async with running(tmp_path, authority) as edge:
        stranger = edge.authority.client(spiffe("platform", "stranger"))
        async with _connection(edge, stranger, tmp_path) as connection:
            passed = await asyncio.gather(
                *(_let_pass(connection, path, _MEGABYTE - 16) for path in (*METHODS, WATCH, _HEALTH))
            )
            assert max(passed) <= LOOKAHEAD + 5


async def test_a_message_beyond_every_method_is_not_assembled(tmp_path: Path, authority: Authority) -> None:
    """gRPC refuses a message beyond the largest method's limit by the length that it declares."""
    async with (
        running(tmp_path, authority, read_time=30.0) as edge,
        _connection(edge, edge.platform_a, tmp_path) as connection,
    ):
        largest = max(request_limit(path) for path in METHODS)
        assert await _let_pass(connection, METHODS[0], largest + 1) <= LOOKAHEAD + 5
