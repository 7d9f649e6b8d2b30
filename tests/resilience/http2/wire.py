"""HTTP/2 by hand over mutual TLS (RFC 9113): frames that no library would send, and the answers."""

import asyncio
import ssl
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from typing import Self

from idvault_client.transport import Tls

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
END_STREAM = ACK = 0x1
END_HEADERS = 0x4
CANCEL = 8
_NAMES = {
    DATA: "DATA",
    HEADERS: "HEADERS",
    RST_STREAM: "RST_STREAM",
    SETTINGS: "SETTINGS",
    PING: "PING",
    GOAWAY: "GOAWAY",
}
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_HEAD = 9


def frame(kind: int, *, flags: int = 0, stream: int = 0, payload: bytes = b"") -> bytes:
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


def header_block(headers: Iterable[tuple[str, str]]) -> bytes:
    """Return short headers as literals that are not indexed (RFC 7541 section 6.2.2)."""
    return b"".join(b"\x00" + _literal(name) + _literal(value) for name, value in headers)


def _literal(text: str) -> bytes:
    """Return a text after its length, encoded as an integer (RFC 7541 section 5.1)."""
    data, most = text.encode("latin-1"), 0x7F
    if len(data) < most:
        return bytes((len(data),)) + data
    rest, length = len(data) - most, bytearray((most,))
    while rest > 0x7F:
        length.append(rest & 0x7F | 0x80)
        rest >>= 7
    return bytes((*length, rest)) + data


def call_headers(path: str, *more: tuple[str, str]) -> bytes:
    usual = [
        (":method", "POST"),
        (":scheme", "https"),
        (":path", path),
        (":authority", "localhost"),
        ("te", "trailers"),
        ("content-type", "application/grpc"),
    ]
    return header_block([*usual, *more])


def message(body: bytes, *, compressed: bool = False, length: int | None = None) -> bytes:
    """Return a gRPC message with its prefix, which may state a wrong length."""
    size = len(body) if length is None else length
    return bytes((compressed,)) + size.to_bytes(4, "big") + body


class Connection:
    """One connection: it acknowledges settings and counts frames, and does nothing else by itself."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Set both ends; `open` connects."""
        self._reader = reader
        self._writer = writer
        self._reading = asyncio.ensure_future(self._read())
        self._next = 1
        self.seen: Counter[str] = Counter()
        self.goodbye: bytes = b""
        self.closed = asyncio.Event()

    @classmethod
    async def open(cls, address: str, tls: Tls, *, settings: bytes = b"") -> Self:
        """Connect and send the preface; raises OSError and ssl.SSLError."""
        host, _, port = address.rpartition(":")
        reader, writer = await asyncio.open_connection(
            host, int(port), ssl=_context(tls), server_hostname="localhost"
        )
        made = cls(reader, writer)
        await made.send(_PREFACE + frame(SETTINGS, payload=settings))
        return made

    async def send(self, *frames: bytes) -> None:
        """Write frames and wait until they are sent; no error if the other side has hung up."""
        with suppress(ConnectionError, ssl.SSLError, RuntimeError):
            self._writer.writelines(frames)
            await self._writer.drain()

    def stream(self) -> int:
        number, self._next = self._next, self._next + 2
        return number

    async def close(self) -> None:
        self._reading.cancel()
        self._writer.transport.abort()
        await asyncio.gather(self._reading, return_exceptions=True)

    async def _read(self) -> None:
        try:
            while True:
                head = await self._reader.readexactly(_HEAD)
                payload = await self._reader.readexactly(int.from_bytes(head[:3], "big"))
                self.seen[_NAMES.get(head[3], "other")] += 1
                if head[3] == SETTINGS and not head[4] & ACK:
                    await self.send(frame(SETTINGS, flags=ACK))
                if head[3] == GOAWAY:
                    self.goodbye = payload[8:]
        except (OSError, EOFError, ssl.SSLError):
            self.closed.set()


def _context(tls: Tls) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=tls.ca)
    context.load_cert_chain(tls.certificate, tls.key)
    context.set_alpn_protocols(["h2"])
    return context
