"""The metrics of the hosted pages.

- idvault_web_answers_total{page,status}, idvault_web_seconds{page}
- those of every process (core.telemetry.vitals)

page is the pattern of an address in our code, such as /v/{code}: never the address itself, which may hold a
secret.
"""

from collections.abc import Iterator

from prometheus_client.core import Metric

from idvault.core.telemetry import families
from idvault.core.telemetry.families import Histogram
from idvault.core.telemetry.health import ProcessHealth
from idvault.core.telemetry.vitals import Vitals


class WebMetrics:
    """Called on the event loop, read by the metrics server's thread."""

    def __init__(self) -> None:
        """Start at zero."""
        self.health = ProcessHealth()
        self.vitals = Vitals(self.health)
        self._answers: dict[tuple[str, str], int] = {}
        self._seconds: dict[str, Histogram] = {}

    def answered(self, *, page: str, status: int, seconds: float) -> None:
        """Count one answer to a browser."""
        key = page, str(status)
        self._answers[key] = self._answers.get(key, 0) + 1
        families.observe(self._seconds, page, seconds)

    def families(self) -> Iterator[Metric]:
        """Yield every metric as Prometheus families."""
        yield from self.vitals.families()
        yield families.counter(
            "idvault_web_answers", "Answers by page and HTTP status.", ("page", "status"), self._answers
        )
        yield families.histogram("idvault_web_seconds", "Time to answer a browser.", ("page",), self._seconds)
