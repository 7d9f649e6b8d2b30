"""The connections of an HTTP port, in each phase: who makes way, and that whoever speaks is answered."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import pytest
from aiohttp import web

from idvault.core.capacity import PortCapacity
from idvault.core.connections import Door, Patience, network
from tools.support.authority import Authority

LONG = Patience(silent=60.0, handshake=60.0, idle=60.0)
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


@asynccontextmanager
async def _served(
    door: Door,
    *,
    context: ssl.SSLContext | None = None,
    arrived: asyncio.Semaphore | None = None,
    held: asyncio.Event | None = None,
) -> AsyncIterator[int]:
    """Serve one page. arrived: told of each request; held: it is answered once this is set."""

    async def page(request: web.Request) -> web.Response:
        with door.answering(request.protocol):
            if arrived is not None and held is not None:
                arrived.release()
                await held.wait()
            return web.Response(text="page")

    app = web.Application()
    app.add_routes([web.get("/", page)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    assert runner.server is not None
    await door.open(runner.server, host="127.0.0.1", port=0, context=context)
    try:
        yield door.port
    finally:
        await door.close()
        await runner.cleanup()


@contextmanager
def _socket(port: int, *, source: str = "127.0.0.1") -> Iterator[socket.socket]:
    with socket.socket() as made:
        made.bind((source, 0))
        made.connect(("127.0.0.1", port))
        made.setblocking(False)
        yield made


async def _ended(sock: socket.socket) -> bool:
    """Wait until the other side has closed a connection; raises TimeoutError."""
    try:
        return not await asyncio.wait_for(asyncio.get_running_loop().sock_recv(sock, 65_536), 20)
    except ConnectionError:
        return True


async def _get(port: int, *, context: ssl.SSLContext | None = None) -> bytes:
    reader, writer = await asyncio.open_connection(
        "127.0.0.1",
        port,
        local_addr=("127.0.0.1", 0),
        ssl=context,
        server_hostname="localhost" if context else None,
    )
    writer.write(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    try:
        return await asyncio.wait_for(reader.read(), 20)
    finally:
        writer.close()


def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.get_running_loop()


def _stands(sock: socket.socket) -> bool:
    try:
        return bool(sock.recv(1))
    except BlockingIOError:
        return True
    except OSError:
        return False


@pytest.mark.parametrize("first", [b"", b"G", b"GET / HTTP/1.1\r\nHost: x\r\n"])
async def test_one_address_has_its_number(first: bytes) -> None:
    """Beyond it the oldest idle connection of that address ends, in whatever phase, and nobody else's."""
    door, loop = Door(takes=PortCapacity(silent=100, spoken=100, for_address=3), patience=LONG), _loop()
    async with _served(door) as port:
        with ExitStack() as stack:
            theirs = stack.enter_context(_socket(port, source="127.0.0.2"))
            mine = [stack.enter_context(_socket(port)) for _ in range(3)]
            for sock in mine:
                await loop.sock_sendall(sock, first)
            assert b"page" in await _get(port)
            assert await _ended(mine[0])
            assert _stands(mine[1])
            assert _stands(mine[2])
            assert _stands(theirs)


async def test_a_full_port_answers_whoever_speaks() -> None:
    """Silent and half-spoken connections of many addresses fill the port; a visitor is still answered."""
    door = Door(takes=PortCapacity(silent=20, spoken=10, for_address=3), patience=LONG)
    async with _served(door) as port:
        with ExitStack() as stack:
            held = [stack.enter_context(_socket(port, source=f"127.1.{place}.1")) for place in range(60)]
            for sock in held[::2]:
                await _loop().sock_sendall(sock, b"GET / HT")
            for _ in range(5):
                assert b"page" in await _get(port)
            assert sum(map(_stands, held)) <= 30


async def test_who_is_answering_makes_no_way() -> None:
    """A request that is being answered is never ended for a newer connection, which is refused instead."""
    door = Door(takes=PortCapacity(silent=10, spoken=10, for_address=2), patience=LONG)
    arrived, held = asyncio.Semaphore(0), asyncio.Event()
    async with _served(door, arrived=arrived, held=held) as port:
        running = [asyncio.ensure_future(_get(port)) for _ in range(2)]
        for _ in running:
            await arrived.acquire()
        with _socket(port) as sock:
            assert await _ended(sock)
        held.set()
        assert all(b"page" in answer for answer in await asyncio.gather(*running))


@pytest.mark.parametrize(
    ("patience", "first"),
    [
        (Patience(silent=0.1, handshake=60.0, idle=60.0), b""),
        (Patience(silent=60.0, handshake=60.0, idle=0.1), b"GET / HT"),
        (Patience(silent=60.0, handshake=60.0, idle=0.1), GET),
    ],
)
async def test_each_phase_ends(patience: Patience, first: bytes) -> None:
    """Silence, half a head, and nothing after an answer end a connection when their time is over."""
    door = Door(takes=PortCapacity(silent=10, spoken=10), patience=patience)
    async with _served(door) as port:
        loop = asyncio.get_running_loop()
        with _socket(port) as sock:
            await loop.sock_sendall(sock, first)
            if first == GET:
                assert b"200" in await asyncio.wait_for(loop.sock_recv(sock, 65_536), 20)
            while not await _ended(sock):
                pass


async def test_the_handshake_has_its_own_time(tmp_path: Path) -> None:
    """A handshake that is not finished ends; one that is leads to the page, beside a full port."""
    authority = Authority()
    issued = authority.server()
    for name, content in (("chain", issued.certificate), ("key", issued.key), ("ca", authority.ca)):
        (tmp_path / name).write_bytes(content)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "chain", tmp_path / "key")
    trusted = ssl.create_default_context(cafile=tmp_path / "ca")
    patience = Patience(silent=60.0, handshake=0.2, idle=60.0)
    door = Door(takes=PortCapacity(silent=10, spoken=4), patience=patience)
    async with _served(door, context=context) as port:
        loop = asyncio.get_running_loop()
        with _socket(port) as sock:
            await loop.sock_sendall(sock, b"\x16")
            assert await _ended(sock)
        held = [socket.create_connection(("127.0.0.1", port)) for _ in range(8)]
        for one in held:
            one.sendall(b"\x16")
        assert b"page" in await _get(port, context=trusted)
        for one in held:
            one.close()


async def test_a_port_in_use_is_an_error() -> None:
    """The system's error is raised, and a door that is not open can be closed."""
    door, other = (Door(takes=PortCapacity(silent=1, spoken=1)) for _ in range(2))
    async with _served(door) as port:
        with pytest.raises(OSError, match=r"(?i)in use"):
            await other.open(web.Server(lambda _: None), host="127.0.0.1", port=port)  # type: ignore[arg-type, return-value]
    await other.close()


def test_a_household_is_one_address() -> None:
    """A /64 of IPv6 addresses belongs to one visitor; an IPv4 address counts alone, however it is written."""
    assert network("2001:db8:0:1::1") == network("2001:db8::1:ffff:0:0:2") != network("2001:db8:0:2::1")
    assert network("::ffff:1.1.1.1") == network("1.1.1.1") != network("1.1.1.2")
