"""The metrics port: three pages, nothing elsewhere, on the loopback address unless the setting says more."""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from idvault.core.telemetry import watching
from idvault.core.telemetry.metrics import Metrics
from idvault.core.telemetry.port import MetricsServer, serve_metrics
from idvault.core.telemetry.watching import ProcessHealth
from tools.support.sandbox import wait_for


class Served:
    """A port whose process is as a test says."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.metrics = Metrics()
        self.metrics.health = ProcessHealth(seconds=lambda: self.seconds)
        self.server: MetricsServer = serve_metrics(self.metrics, listen="127.0.0.1:0")

    def get(self, path: str, method: str = "GET") -> tuple[int, str]:
        connection = HTTPConnection(urlsplit(self.server.url).netloc, timeout=60)
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()


@pytest.fixture
def served() -> Iterator[Served]:
    made = Served()
    yield made
    made.server.close()


def test_a_process_that_starts_serves_and_stops(served: Served) -> None:
    """It lives all the time, and is ready only between its first look and its stop."""
    assert served.get("/readyz") == (503, "process: it is starting\n")
    assert served.get("/healthz") == (200, "ok\n")
    served.metrics.health.looked({})
    assert served.get("/readyz") == (200, "ok\n")
    served.metrics.health.looked({"log": "entries wait", "databases": "a database does not answer"})
    assert served.get("/readyz") == (503, "log: entries wait\ndatabases: a database does not answer\n")
    assert served.get("/healthz") == (200, "ok\n")
    served.metrics.health.stop()
    assert served.get("/readyz") == (503, "process: it is stopping\n")


def test_a_result_that_is_old(served: Served) -> None:
    """Checks that do not end are no success, and an event loop without a beat is not alive."""
    served.metrics.health.looked({})
    served.seconds = watching.LONGEST_LOOK + 1
    assert served.get("/readyz") == (503, "process: its checks do not end\n")
    assert served.get("/healthz")[0] == 200
    served.seconds = watching.LONGEST_SILENCE + 1
    assert served.get("/healthz") == (503, "the event loop is stuck\n")
    served.metrics.health.beat()
    assert served.get("/healthz") == (200, "ok\n")


@pytest.mark.parametrize("path", ["/", "/favicon.ico", "/metrics/", "/readyz/x", "//", "/healthz.txt"])
def test_nothing_is_elsewhere(served: Served, path: str) -> None:
    """Any other path is not found, and the answer says where something is."""
    assert served.get(path) == (404, "not found: /metrics, /healthz, /readyz\n")


def test_a_query_changes_nothing(served: Served) -> None:
    """A path may carry a query; other methods are refused where figures are."""
    assert served.get("/healthz?from=probe")[0] == 200
    assert served.get("/metrics", "POST")[0] == 405
    assert "idvault_build_info" in served.get("/metrics")[1]


@pytest.mark.parametrize("listen", ["0", ":0"])
def test_loopback_is_the_default(listen: str) -> None:
    """Without a host the metrics are served on the loopback address."""
    server = serve_metrics(Metrics(), listen=listen)
    try:
        assert server.url.startswith("http://127.0.0.1:")
    finally:
        server.close()


def test_brackets_are_not_part_of_a_host() -> None:
    """An IPv6 address is bound without the brackets that the setting has, and shown with them."""
    assert socket.has_ipv6
    server = serve_metrics(Metrics(), listen="[::1]:0")
    try:
        assert server.url.startswith("http://[::1]:")
    finally:
        server.close()


def test_an_address_without_port_is_refused() -> None:
    """An address without a port is an error."""
    with pytest.raises(ValueError, match="invalid literal"):
        serve_metrics(Metrics(), listen="localhost")


def test_idle_sockets_keep_nobody_out(served: Served) -> None:
    """Beyond some dozens the oldest connection ends, so that a scrape is answered and threads are few."""
    host, port = urlsplit(served.server.url).hostname, urlsplit(served.server.url).port
    before = threading.active_count()
    with ExitStack() as stack:
        held = [stack.enter_context(socket.create_connection((host, port))) for _ in range(120)]
        assert served.get("/metrics")[0] == 200
        held[0].settimeout(20)
        assert held[0].recv(1) == b""
        assert wait_for(lambda: threading.active_count() - before <= 60, patience=20)
