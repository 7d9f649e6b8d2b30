"""A network that stops in the middle: a relay that passes on so many bytes of a client, and then no more."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer

_CHUNK = 4_096


@contextmanager
def stalling(port: int, *, after: int) -> Iterator[int]:
    """Yield the port of a relay to another port of this host, until the block ends.

    after: how many bytes of each connection it passes on; what comes back is passed on without a limit. When
    the other side ends the connection, the client's ends as well.
    """
    ended = threading.Event()

    class Relay(BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection(("127.0.0.1", port)) as far:
                back = threading.Thread(target=_pump, args=(far, self.request, None), daemon=True)
                back.start()
                if _pump(self.request, far, after) == after:
                    # Until one of both has gone: the thread ends when the other side does.
                    while back.is_alive() and not ended.wait(0.05):
                        pass
                _end(far)
                back.join()

    with ThreadingTCPServer(("127.0.0.1", 0), Relay) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            ended.set()
            server.shutdown()
            thread.join()


def _pump(source: socket.socket, sink: socket.socket, most: int | None) -> int:
    """Pass on bytes until either end has gone, or most of them have passed; return how many."""
    passed = 0
    with suppress(OSError):
        while passed != most and (
            data := source.recv(_CHUNK if most is None else min(_CHUNK, most - passed))
        ):
            sink.sendall(data)
            passed += len(data)
    if most is None:
        _end(sink)
    return passed


def _end(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
