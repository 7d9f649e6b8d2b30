"""Stands in front of PostgreSQL and plays a standby, a fenced leader, or a server that is cut off."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy.engine import URL, make_url

from tests.support.listening import listening
from tools.support.databases import Databases

_STARTUP, _TLS = 196_608, 80_877_103
_READ_ONLY = b"default_transaction_read_only\0on\0"
_PIECE = 65_536


@dataclass
class Front:
    """One host. read_only: new sessions accept no writes. silent: nothing arrives and nothing is answered."""

    port: int = 0
    read_only: bool = False
    silent: bool = False
    asked: int = 0
    _open: list[asyncio.StreamWriter] = field(default_factory=list)

    async def serve(self, server: URL, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked += 1
        self._open.append(writer)
        if self.silent:
            return
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            startup = await self._startup(reader, writer)
            back, there = await _connect(server)
            self._open.append(there)
            with closing(there):
                there.write(startup)
                await asyncio.gather(self._pump(reader, there), self._pump(back, writer))

    async def _startup(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        """Return the client's first message, changed to what this host is; it has no TLS."""
        while True:
            size = struct.unpack("!I", await reader.readexactly(4))[0]
            message = await reader.readexactly(size - 4)
            kind = struct.unpack("!I", message[:4])[0]
            if kind == _TLS:
                writer.write(b"N")
                continue
            if kind == _STARTUP and self.read_only:
                message = message[:-1] + _READ_ONLY + b"\0"
            return struct.pack("!I", len(message) + 4) + message

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while piece := await source.read(_PIECE):
            if not self.silent:
                target.write(piece)
        target.close()

    def close(self) -> None:
        for writer in self._open:
            writer.close()


@asynccontextmanager
async def fronts(databases: Databases, count: int) -> AsyncIterator[list[Front]]:
    """Run hosts that all lead to the main database's server, which accepts writes."""
    server, made = make_url(databases.main_url), [Front() for _ in range(count)]
    async with AsyncExitStack() as stack:
        for front in made:
            front.port = await stack.enter_async_context(listening(partial(front.serve, server)))
        try:
            yield made
        finally:
            for front in made:
                front.close()


def address(databases: Databases, hosts: list[Front]) -> str:
    """Return the main database's address by several hosts."""
    url = make_url(databases.main_url)
    named = ",".join(f"127.0.0.1:{host.port}" for host in hosts)
    user = f"{url.username}:{url.password}" if url.password else url.username
    return f"postgresql://{user}@{named}/{url.database}?target_session_attrs=read-write"


async def _connect(server: URL) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    folder, port = server.query.get("host"), server.port or 5432
    if folder is None:
        return await asyncio.open_connection(server.host, port)
    return await asyncio.open_unix_connection(f"{folder}/.s.PGSQL.{server.query.get('port', port)}")
