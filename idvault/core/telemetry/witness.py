"""The metrics of a witness.

- idvault_witness_answers_total{status}
- idvault_witness_cosigned_entries{log}, idvault_witness_cosigned_age_seconds{log}
- those of every process (core.telemetry.vitals)

log is the origin of a log whose key the witness's operator gave it.
"""

import threading
import time
from collections.abc import Callable, Iterator

from prometheus_client.core import Metric

from idvault.core.telemetry import families
from idvault.core.telemetry.health import ProcessHealth
from idvault.core.telemetry.vitals import Vitals


class WitnessMetrics:
    """Called by the threads that answer logs, read by the metrics server's thread."""

    def __init__(self, *, seconds: Callable[[], float] = time.monotonic) -> None:
        """Start at zero. seconds: a clock that never goes back."""
        self.health = ProcessHealth(seconds=seconds)
        self.vitals = Vitals(self.health)
        self._clock = seconds
        self._one_at_a_time = threading.Lock()
        self._answers: dict[tuple[str], int] = {}
        self._sizes: dict[str, float] = {}
        self._cosigned_at: dict[str, float] = {}

    def answered(self, status: int) -> None:
        """Count one answer to a log."""
        key = (str(status),)
        with self._one_at_a_time:
            self._answers[key] = self._answers.get(key, 0) + 1

    def known(self, log: str, size: int) -> None:
        """Set the size of the last checkpoint of a log, as it was stored before this start."""
        self._sizes[log] = size

    def cosigned(self, log: str, size: int) -> None:
        """Set the size of a log's checkpoint that was cosigned now."""
        self._sizes[log], self._cosigned_at[log] = size, self._clock()

    def families(self) -> Iterator[Metric]:
        """Yield every metric as Prometheus families."""
        yield from self.vitals.families()
        yield families.counter(
            "idvault_witness_answers", "Answers to logs by HTTP status.", ("status",), self._answers
        )
        yield families.labelled_gauge(
            "idvault_witness_cosigned_entries", "Entries of the last checkpoint of a log.", "log", self._sizes
        )
        now = self._clock()
        yield families.labelled_gauge(
            "idvault_witness_cosigned_age_seconds",
            "Time since this process cosigned a checkpoint of a log.",
            "log",
            {log: now - at for log, at in list(self._cosigned_at.items())},
        )
