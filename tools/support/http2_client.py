"""The client's end of an HTTP/2 connection for measurements: unary gRPC calls at about 20 us each.

gRPC's own Python client costs more than the server that is measured, so the server would wait for it.

- Requests are encoded once; only the stream's number differs between calls.
- The server may not compress its headers (SETTINGS_HEADER_TABLE_SIZE 0), so every grpc-status is readable.
- No more is sent than the server's windows take, of the connection and of each stream (RFC 9113, 5.2).
"""

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from socket import create_connection

from idvault_client import Tls

_DATA, _HEADERS, _RST_STREAM, _SETTINGS, _PING, _GOAWAY, _WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
_END_STREAM = _ACK = 0x1
_END_HEADERS = 0x4
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_HEAD, _FRAME, _WINDOW, _LARGEST = 9, 16_384, 65_535, 2**31 - 1
_READ = 1 << 18
_INITIAL_WINDOW = 4
_OK = b"grpc-status\x010"
# Entries that the first call adds to the table; later calls name them by index. 62 is the newest.
_ADDED = ("content-type", "te", ":authority", ":path")


class CallError(Exception):
    """A call ended with another status than OK, or the server hung up."""


@dataclass(slots=True)
class _Stream:
    """A call under way: what it waits for, what has arrived, what is not yet sent, and what may be sent."""

    done: Callable[[bytes], None]
    unsent: memoryview
    window: int
    body: bytearray = field(default_factory=bytearray)


class Connection:
    """One connection; `fileno` makes it usable with a selector."""

    def __init__(self, address: str, tls: Tls, path: str, *, strict: bool = True) -> None:
        """Connect; every call goes to this path. strict: a refused call is an error, not an empty answer."""
        host, _, port = address.rpartition(":")
        context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=tls.ca)
        context.load_cert_chain(tls.certificate, tls.key)
        context.set_alpn_protocols(["h2"])
        self._socket = context.wrap_socket(create_connection((host, int(port))), server_hostname="localhost")
        self._socket.setblocking(False)
        self._first, self._later = _headers(path)
        self._strict = strict
        self._next = 1
        self._window = self._stream_window = _WINDOW
        self._streams: dict[int, _Stream] = {}
        self._out = bytearray(_PREFACE + _frame(_SETTINGS, payload=_settings()))
        self._out += _frame(_WINDOW_UPDATE, payload=(_LARGEST - _WINDOW).to_bytes(4, "big"))
        self._in = bytearray()

    def fileno(self) -> int:
        return self._socket.fileno()

    def call(self, body: bytes, done: Callable[[bytes], None]) -> None:
        """Queue a call; done receives the answer's message. The call is sent by `send`."""
        message = b"\x00" + len(body).to_bytes(4, "big") + body
        number, self._next = self._next, self._next + 2
        block = self._first if number == 1 else self._later
        self._out += _frame(_HEADERS, flags=_END_HEADERS, stream=number, payload=block)
        self._streams[number] = stream = _Stream(done, memoryview(message), self._stream_window)
        self._give(number, stream)

    def send(self) -> bool:
        """Send what is queued; return whether something is left."""
        while self._out:
            try:
                sent = self._socket.send(self._out)
            except (ssl.SSLWantWriteError, ssl.SSLWantReadError):
                return True
            del self._out[:sent]
        return False

    def receive(self) -> None:
        """Handle what has arrived; raises CallError."""
        while True:
            try:
                data = self._socket.recv(_READ)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                break
            if not data:
                raise CallError("the server hung up")
            self._in += data
        self._frames()

    def close(self) -> None:
        self._socket.close()

    def _give(self, number: int, stream: _Stream) -> None:
        """Queue as much of a call's message as both windows take."""
        while stream.unsent and (room := min(_FRAME, self._window, stream.window)) > 0:
            part, stream.unsent = stream.unsent[:room], stream.unsent[room:]
            self._window -= len(part)
            stream.window -= len(part)
            flags = 0 if stream.unsent else _END_STREAM
            self._out += _frame(_DATA, flags=flags, stream=number, payload=bytes(part))

    def _widened(self) -> None:
        for number, stream in self._streams.items():
            self._give(number, stream)

    def _frames(self) -> None:
        data, at = self._in, 0
        while len(data) - at >= _HEAD:
            size = int.from_bytes(data[at : at + 3], "big")
            if len(data) - at < _HEAD + size:
                break
            begin = at + _HEAD
            number = int.from_bytes(data[at + 5 : begin], "big")
            self._frame(data[at + 3], data[at + 4], number, bytes(data[begin : begin + size]))
            at = begin + size
        del data[:at]

    def _frame(self, kind: int, flags: int, number: int, payload: bytes) -> None:
        if kind == _HEADERS and flags & _END_STREAM:
            self._ended(number, payload)
        elif kind == _DATA:
            self._streams[number].body += payload
        elif kind == _WINDOW_UPDATE and number == 0:
            self._window += int.from_bytes(payload, "big")
            self._widened()
        elif kind == _WINDOW_UPDATE and (stream := self._streams.get(number)) is not None:
            stream.window += int.from_bytes(payload, "big")
            self._give(number, stream)
        elif kind == _PING and not flags & _ACK:
            self._out += _frame(_PING, flags=_ACK, payload=payload)
        elif kind == _SETTINGS and not flags & _ACK:
            self._set(payload)
        elif kind == _RST_STREAM and not self._strict:
            # It may follow the trailers of a call whose message was not wanted.
            if (stream := self._streams.pop(number, None)) is not None:
                stream.done(b"")
        elif kind in (_RST_STREAM, _GOAWAY):
            raise CallError(f"the server ended a call or the connection: {payload!r}")

    def _set(self, settings: bytes) -> None:
        """Acknowledge settings; a new window counts for calls under way, too (RFC 9113, 6.9.2)."""
        for at in range(0, len(settings), 6):
            name = int.from_bytes(settings[at : at + 2], "big")
            value = int.from_bytes(settings[at + 2 : at + 6], "big")
            if name == _INITIAL_WINDOW:
                for stream in self._streams.values():
                    stream.window += value - self._stream_window
                self._stream_window = value
        self._out += _frame(_SETTINGS, flags=_ACK)
        self._widened()

    def _ended(self, number: int, trailers: bytes) -> None:
        if _OK not in trailers:
            if self._strict:
                raise CallError(f"a call failed: {trailers!r}")
            self._streams[number].body.clear()
        stream = self._streams.pop(number)
        stream.done(bytes(stream.body[5:]))


def _frame(kind: int, *, flags: int = 0, stream: int = 0, payload: bytes = b"") -> bytes:
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


def _settings() -> bytes:
    """Return: no header table, no pushes, and a window that is never full."""
    pairs = ((1, 0), (2, 0), (_INITIAL_WINDOW, _LARGEST))
    return b"".join(number.to_bytes(2, "big") + value.to_bytes(4, "big") for number, value in pairs)


def _headers(path: str) -> tuple[bytes, bytes]:
    """Return the header blocks of the first call and of the later ones (RFC 7541 sections 6.1 and 6.2.1)."""
    usual = b"\x83\x87"  # :method POST, :scheme https
    values = {":path": path, ":authority": "localhost", "te": "trailers", "content-type": "application/grpc"}
    added = b"".join(b"\x40" + _text(name) + _text(value) for name, value in values.items())
    return usual + added, usual + bytes(0x80 | 62 + _ADDED.index(name) for name in values)


def _text(value: str) -> bytes:
    data = value.encode("ascii")
    if len(data) > 126:
        raise ValueError("the header is too long")
    return bytes((len(data),)) + data
