"""A web server on this machine that sends any bytes, also without end."""

import socketserver
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

Answer = Callable[[str], Iterable[bytes]]
"""Returns the bytes of an answer, headers included, for the path of a request."""

_PART = 1 << 16


@dataclass
class HostileSite:
    """A running server. sent: how many bytes it could send; asked: the paths, in order."""

    url: str
    sent: int = 0
    asked: list[str] = field(default_factory=list)


@contextmanager
def serving(answer: Answer) -> Iterator[HostileSite]:
    """Run a server until the block ends."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            path = self.rfile.readline().split(b" ")[1].decode()
            while self.rfile.readline().strip():
                pass
            site.asked.append(path)
            with suppress(OSError):
                for part in answer(path.removeprefix("/")):
                    if stopped.is_set():
                        return
                    self.request.sendall(part)
                    site.sent += len(part)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """No-op: a reader that ends early is the purpose."""

    stopped = threading.Event()
    with Server(("127.0.0.1", 0), Handler) as server:
        site = HostileSite(f"http://127.0.0.1:{server.server_address[1]}/")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield site
        finally:
            stopped.set()
            server.shutdown()
            thread.join()


def file(data: bytes | None) -> Iterable[bytes]:
    """Return the honest answer with a file, or that there is none."""
    if data is None:
        return [b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"]
    return [b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(data), data]


def endless_body(text: bytes) -> Iterator[bytes]:
    """Yield a body without end."""
    yield b"HTTP/1.1 200 OK\r\n\r\n"
    yield from repeat(_filled(text))


def endless_chunks(text: bytes) -> Iterator[bytes]:
    """Yield a chunked body whose chunks are small, and never the last."""
    yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    yield from repeat(_filled(b"%x\r\n%s\r\n" % (len(text), text)))


def endless_trailers(_text: bytes) -> Iterator[bytes]:
    """Yield a chunked body whose end never ends."""
    yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
    yield from repeat(_filled(b"x: y\r\n"))


def endless_interim(_text: bytes) -> Iterator[bytes]:
    """Yield interim answers, after which an answer would follow."""
    yield from repeat(_filled(b"HTTP/1.1 100 Continue\r\n\r\n"))


def endless_header(_text: bytes) -> Iterator[bytes]:
    """Yield a header without end."""
    yield b"HTTP/1.1 200 OK\r\nx: "
    yield from repeat(_filled(b"y"))


def single_bytes(text: bytes) -> Iterator[bytes]:
    """Yield a body in single bytes."""
    yield b"HTTP/1.1 200 OK\r\n\r\n"
    for part in repeat(text):
        yield from (part[at : at + 1] for at in range(len(part)))


ENDLESS = (endless_body, endless_chunks, endless_trailers, endless_interim, endless_header, single_bytes)


def _filled(text: bytes) -> bytes:
    return text * max(1, _PART // max(1, len(text)))
