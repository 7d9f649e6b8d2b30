"""The HTTP port of a process: /metrics, /healthz (liveness) and /readyz (readiness); 404 elsewhere."""

import selectors
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import CollectorRegistry, ProcessCollector, make_wsgi_app
from prometheus_client.core import Metric
from prometheus_client.exposition import ThreadingWSGIServer
from prometheus_client.registry import Collector

from idvault.core.telemetry.watching import ProcessHealth

_LOOPBACK = "127.0.0.1"
_CONNECTIONS = 48
_Respond = Callable[[str, list[tuple[str, str]]], object]


class Measured(Protocol):
    """The metrics and the health of a kind of process."""

    health: ProcessHealth

    def families(self) -> Iterator[Metric]:
        """Yield every metric as Prometheus families."""
        ...


@dataclass(frozen=True, kw_only=True, eq=False)
class _Reader(Collector):
    """Reads the counters at each scrape."""

    metrics: Measured

    def collect(self) -> Iterable[Metric]:
        """Yield the current families."""
        return self.metrics.families()


class _Handler(WSGIRequestHandler):
    """Logs no request."""

    timeout = 10

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""


class _Server4(ThreadingWSGIServer):
    """Listens on IPv4; each connection has a thread, and beyond a few dozen the oldest one is ended."""

    request_queue_size = 128

    def __init__(self, *arguments: Any) -> None:
        """Start without connections."""
        self._held: dict[socket.socket, None] = {}
        self._lock = threading.Lock()
        super().__init__(*arguments)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection; end the oldest one if there are too many."""
        with self._lock:
            self._held[request] = None
            oldest = next(iter(self._held)) if len(self._held) > _CONNECTIONS else None
            if oldest is not None:
                del self._held[oldest]
                # Its thread sees the end, and closes it. A socket that is closed already is no error.
                with suppress(OSError):
                    oldest.shutdown(socket.SHUT_RDWR)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection that has ended."""
        with self._lock:
            self._held.pop(request, None)
        super().shutdown_request(request)


class _Server6(_Server4):
    """Listens on IPv6."""

    address_family = socket.AF_INET6


class _PortPages:
    """The port's pages, as a WSGI application."""

    def __init__(self, metrics: Measured) -> None:
        registry = CollectorRegistry()
        registry.register(_Reader(metrics=metrics))
        # CPU, memory, open files and start time of this process, on Linux.
        ProcessCollector(registry=registry)
        self._metrics = make_wsgi_app(registry)
        self._health = metrics.health

    def __call__(self, environ: dict[str, Any], respond: _Respond) -> Iterable[bytes]:
        match environ["PATH_INFO"]:
            case "/metrics":
                shown: Iterable[bytes] = self._metrics(environ, respond)
                return shown
            case "/healthz":
                return _answer(respond, bad=[self._health.death()] if self._health.death() else [])
            case "/readyz":
                return _answer(respond, bad=_told(self._health))
            case _:
                return _send(respond, "404 Not Found", "not found: /metrics, /healthz, /readyz\n")


def _told(health: ProcessHealth) -> list[str]:
    return [f"{name}: {reason}" for name, reason in health.reasons().items()]


def _answer(respond: _Respond, *, bad: list[str]) -> Iterable[bytes]:
    if bad:
        return _send(respond, "503 Service Unavailable", "".join(f"{line}\n" for line in bad))
    return _send(respond, "200 OK", "ok\n")


def _send(respond: _Respond, status: str, text: str) -> Iterable[bytes]:
    # A cached answer would be out of date.
    respond(status, [("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store")])
    return [text.encode()]


class MetricsServer:
    """The HTTP port of a process's metrics and health."""

    def __init__(self, metrics: Measured, *, host: str, port: int) -> None:
        """Bind and serve in a separate thread; raises OSError if the address cannot be bound."""
        is_six = ":" in host
        kind = _Server6 if is_six else _Server4
        self._server = make_server(host, port, _PortPages(metrics), kind, handler_class=_Handler)
        # handle_request returns at once if a caller has gone before it is accepted.
        self._server.timeout = 0
        self._closed, self._closing = socket.socketpair()
        self._thread = threading.Thread(target=self._serve, daemon=True, name="metrics")
        self._thread.start()
        shown = f"[{host}]" if is_six else host
        self.url = f"http://{shown}:{self._server.server_port}/metrics"

    def close(self) -> None:
        """Stop serving and free the port."""
        self._closing.close()
        self._thread.join()
        self._server.server_close()
        self._closed.close()

    def _serve(self) -> None:
        # The library's own loop looks twice a second whether it shall end, which every stop would wait for.
        with selectors.DefaultSelector() as selector:
            selector.register(self._server, selectors.EVENT_READ)
            selector.register(self._closed, selectors.EVENT_READ)
            while self._closed not in [key.fileobj for key, _ in selector.select()]:
                self._server.handle_request()


def serve_metrics(metrics: Measured, *, listen: str) -> MetricsServer:
    """Serve metrics and health on "host:port", ":port" or "port"; without a host, on the loopback address.

    Raises ValueError for anything else, OSError if the address cannot be bound.
    """
    host, _, port = listen.rpartition(":")
    return MetricsServer(metrics, host=host.strip("[]") or _LOOPBACK, port=int(port))
