"""Traces whose spans stay in this process, and a collector that keeps what it receives."""

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from idvault.core.telemetry.traces import Traces, open_traces


@dataclass
class Spans:
    """Traces of which every span is kept."""

    exporter: InMemorySpanExporter = field(default_factory=InMemorySpanExporter)
    traces: Traces = field(init=False)

    def __post_init__(self) -> None:
        self.traces = open_traces(
            process="test", endpoint="", ratio=1, processor=lambda: SimpleSpanProcessor(self.exporter)
        )

    def all(self) -> list[dict[str, Any]]:
        """Return the spans as they would be shown, in the order in which they ended."""
        return [json.loads(span.to_json()) for span in self.exporter.get_finished_spans()]

    def names(self) -> list[str]:
        return [span["name"] for span in self.all()]


@contextmanager
def collector() -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """Serve a collector that keeps what it receives."""
    received: list[tuple[str, bytes]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", received
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
