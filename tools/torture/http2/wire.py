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
_WINDOW = 65_535
_INITIAL_WINDOW_SIZE = 4
_FRAME = 16_384


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
    """One connection: it acknowledges settings and pings, counts frames, and keeps the server's windows."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, acknowledges: bool = True
    ) -> None:
        """Set both ends; `open` connects."""
        self._acknowledges = acknowledges
        self._reader = reader
        self._writer = writer
        self._reading = asyncio.ensure_future(self._read())
        self._next = 1
        # How many bytes of messages the server lets this side send (RFC 9113 section 5.2).
        self._initial = self._window = _WINDOW
        self._windows: dict[int, int] = {}
        self._wider = asyncio.Event()
        self.seen: Counter[str] = Counter()
        self.goodbye: bytes = b""
        self.closed = asyncio.Event()

    @classmethod
    async def open(cls, address: str, tls: Tls, *, settings: bytes = b"", acknowledges: bool = True) -> Self:
        """Connect and send the preface; raises OSError and ssl.SSLError.

        acknowledges: without it the server's settings are never in force, and windows have their usual size.
        """
        host, _, port = address.rpartition(":")
        reader, writer = await asyncio.open_connection(
            host, int(port), ssl=_context(tls), server_hostname="localhost"
        )
        made = cls(reader, writer, acknowledges=acknowledges)
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

    def begin(self, path: str) -> int:
        """Start a call without its message; return its stream."""
        stream = self.stream()
        self._windows[stream] = self._initial
        self._writer.write(frame(HEADERS, flags=END_HEADERS, stream=stream, payload=call_headers(path)))
        return stream

    def ended(self, stream: int) -> bool:
        """Whether the server has ended a call that `begin` started."""
        return stream not in self._windows or self.closed.is_set()

    async def send_data(self, stream: int, data: bytes, *, patience: float, last: bool = False) -> int:
        """Send data as the windows allow; return how many bytes they let pass.

        patience: how many seconds to wait for a wider window.
        """
        sent = 0
        while sent < len(data) and not self.ended(stream):
            size = min(len(data) - sent, self._window, self._windows[stream], _FRAME)
            if size <= 0:
                if not await self._heard(patience):
                    break
                continue
            self._window -= size
            self._windows[stream] -= size
            ends = END_STREAM if last and sent + size == len(data) else 0
            await self.send(frame(DATA, flags=ends, stream=stream, payload=data[sent : sent + size]))
            sent += size
        return sent

    async def until_settings(self, *, patience: float) -> None:
        """Wait for the server's settings, which may change the windows of later calls."""
        while not self.seen["SETTINGS"] and not self.closed.is_set() and await self._heard(patience):
            pass

    async def until_ended(self, stream: int, *, patience: float) -> None:
        """Wait until the server has ended a call, or until the time is over."""
        end = asyncio.get_running_loop().time() + patience
        while not self.ended(stream) and (left := end - asyncio.get_running_loop().time()) > 0:
            await self._heard(left)

    async def _heard(self, patience: float) -> bool:
        """Wait for the server's next frame; return whether one came in time."""
        self._wider.clear()
        try:
            await asyncio.wait_for(self._wider.wait(), patience)
        except TimeoutError:
            return False
        return True

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
                await self._heed(head[3], head[4], int.from_bytes(head[5:9], "big"), payload)
        except (OSError, EOFError, ssl.SSLError):
            self.closed.set()
        finally:
            self._wider.set()

    async def _heed(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if kind == SETTINGS and not flags & ACK and self._acknowledges:
            self._resize(payload)
            await self.send(frame(SETTINGS, flags=ACK))
        if kind == PING and not flags & ACK:
            await self.send(frame(PING, flags=ACK, payload=payload))
        if kind == GOAWAY:
            self.goodbye = payload[8:]
        if kind == RST_STREAM or (kind == HEADERS and flags & END_STREAM):
            self._windows.pop(stream, None)
        if kind == WINDOW_UPDATE and not stream:
            self._window += int.from_bytes(payload, "big")
        elif kind == WINDOW_UPDATE and stream in self._windows:
            self._windows[stream] += int.from_bytes(payload, "big")
        self._wider.set()

    def _resize(self, payload: bytes) -> None:
        """Read the server's settings: a new initial window counts for open streams, too."""
        for place in range(0, len(payload), 6):
            if int.from_bytes(payload[place : place + 2], "big") == _INITIAL_WINDOW_SIZE:
                size = int.from_bytes(payload[place + 2 : place + 6], "big")
                for stream in self._windows:
                    self._windows[stream] += size - self._initial
                self._initial = size


def _context(tls: Tls) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=tls.ca)
    context.load_cert_chain(tls.certificate, tls.key)
    context.set_alpn_protocols(["h2"])
    return context
