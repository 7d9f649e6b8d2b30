"""The metrics of a process itself, its files, the witnesses and the backups.

- idvault_build_info{version,python}, idvault_ready
- idvault_certificate_expiry_seconds{setting}
- idvault_disk_free_bytes{place}, idvault_disk_size_bytes{place}
- idvault_witness_lag_entries{witness}
- idvault_records_without_key
- idvault_backup_age_seconds{database}
- idvault_clock_doubted

A label value comes from our code or, for a witness, from the signed roster.
"""

import platform
from collections.abc import Iterator, Mapping
from importlib.metadata import version

from prometheus_client.core import GaugeMetricFamily, Metric

from idvault.core.telemetry import families
from idvault.core.telemetry.watching import ProcessHealth


class Vitals:
    """Set on the event loop, read by the metrics server's thread; what was not set is not shown."""

    def __init__(self, health: ProcessHealth) -> None:
        """Set whose readiness is shown."""
        self._health = health
        self._certificates: dict[str, float] = {}
        self._disks: dict[str, tuple[int, int]] = {}
        self._witness_lag: dict[str, int] = {}
        self._records_without_key: int | None = None
        self._backup_ages: dict[str, float] = {}
        self._clock_doubted: bool | None = None

    def certificates(self, left: Mapping[str, float]) -> None:
        """Set for how many seconds each certificate is still valid, by setting; negative after its end."""
        self._certificates = dict(left)

    def disks(self, spaces: Mapping[str, tuple[int, int]]) -> None:
        """Set the free and all bytes of the disk of each place."""
        self._disks = dict(spaces)

    def witness_lag(self, lags: Mapping[str, int]) -> None:
        """Set how many entries of the log each witness has not cosigned, by its name in the roster."""
        self._witness_lag = dict(lags)

    def records_without_key(self, count: int) -> None:
        """Set how many records of accounts that are not erased have no shred key."""
        self._records_without_key = count

    def backup_ages(self, seconds: Mapping[str, float]) -> None:
        """Set the age of the newest backup of each database that has one."""
        self._backup_ages = dict(seconds)

    def clock_doubted(self, doubted: bool) -> None:
        """Set whether what cannot be undone waits, because the clock is not confirmed."""
        self._clock_doubted = doubted

    def families(self) -> Iterator[Metric]:
        """Yield every metric as Prometheus families."""
        build = GaugeMetricFamily("idvault_build_info", "The running version.", labels=("version", "python"))
        build.add_metric((version("idvault"), platform.python_version()), 1)
        yield build
        yield families.gauge("idvault_ready", "Whether the process is ready.", not self._health.reasons())
        yield families.labelled_gauge(
            "idvault_certificate_expiry_seconds",
            "For how long a certificate of the settings is still valid.",
            "setting",
            self._certificates,
        )
        for number, (name, text) in enumerate(_DISK):
            values = {place: space[number] for place, space in self._disks.items()}
            yield families.labelled_gauge(name, text, "place", values)
        yield families.labelled_gauge(
            "idvault_witness_lag_entries",
            "Entries of the log that a witness has not cosigned.",
            "witness",
            self._witness_lag,
        )
        yield families.gauge(
            "idvault_records_without_key",
            "Records without a shred key whose account is not erased.",
            self._records_without_key,
        )
        yield families.labelled_gauge(
            "idvault_backup_age_seconds",
            "Age of the newest backup of a database.",
            "database",
            self._backup_ages,
        )
        yield families.gauge(
            "idvault_clock_doubted",
            "Whether tasks that cannot be undone wait, because the clock is not confirmed.",
            self._clock_doubted,
        )


_DISK = (
    ("idvault_disk_free_bytes", "Free bytes of the disk of a place."),
    ("idvault_disk_size_bytes", "Bytes of the disk of a place."),
)
