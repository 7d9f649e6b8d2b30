"""A web server on this machine that serves a public directory, and fails as it is told."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tools.support import folders


@dataclass
class Site:
    """A web server with scripted answers.

    lying: promises more bytes than it sends. stop_after: how many requests it answers; after that no file
    is there. hold_after: the same, but it sets `held` and never answers.
    """

    url: str
    files: dict[str, bytes] = field(default_factory=dict)
    status: int = 200
    redirect: str = ""
    slow: bool = False
    lying: bool = False
    stop_after: int | None = None
    hold_after: int | None = None
    held: threading.Event = field(default_factory=threading.Event)
    asked: list[tuple[str, str | None]] = field(default_factory=list)

    def find(self, path: str) -> bytes | None:
        """Return the file to send, None for an error."""
        is_over = self.stop_after is not None and len(self.asked) > self.stop_after
        return None if is_over or self.status != 200 else self.files.get(path)


@contextmanager
def serving() -> Iterator[Site]:
    """Run a server on this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append((self.path, self.headers["Cache-Control"]))
            if site.hold_after is not None and len(site.asked) > site.hold_after:
                site.held.set()
                stopped.wait()
            data = site.find(self.path)
            if site.redirect:
                self.send_response(302)
                self.send_header("Location", site.redirect)
                self.end_headers()
            elif data is None:
                self.send_error(site.status if site.status != 200 else 404)
            else:
                self.send_response(200)
                self.send_header("Content-Length", str(len(data) + (9 if site.lying else 0)))
                self.end_headers()
                self.answer(data)

        def answer(self, data: bytes) -> None:
            for at in range(len(data)):
                self.wfile.write(data[at : at + 1] if site.slow else data)
                if not site.slow:
                    return
                if stopped.wait(0.05):
                    return

        def log_message(self, *_: object) -> None:
            """No-op logging."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """No-op: a client that ends early is a part of the tests."""

    stopped = threading.Event()
    server = Server(("127.0.0.1", 0), Handler)
    site = Site(f"http://127.0.0.1:{server.server_address[1]}/log")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield site
    finally:
        stopped.set()
        server.shutdown()
        thread.join()
        server.server_close()


def files_of(folder: Path) -> dict[str, bytes]:
    """Return a folder's files by their paths on a site."""
    return {
        f"/log/{path.relative_to(folder).as_posix()}": content
        for path, content in folders.contents(folder).items()
    }
