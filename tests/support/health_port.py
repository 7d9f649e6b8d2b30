"""A metrics port of a process that is ready, or says why not."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

METRICS = 'idvault_build_info{python="3.13.0",version="9.8.7"} 1.0\nprocess_start_time_seconds 1.7646e+09\n'


@contextmanager
def health_port(reasons: str = "") -> Iterator[str]:
    """Serve it; yield its HOST:PORT. reasons: a line for each check that fails."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = METRICS if self.path == "/metrics" else reasons or "ok\n"
            self.send_response(503 if reasons and self.path != "/metrics" else 200)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
