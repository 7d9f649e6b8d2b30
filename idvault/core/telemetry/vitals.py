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

import asyncio
import platform
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from prometheus_client.core import GaugeMetricFamily, Metric

from idvault.core.telemetry import families
from idvault.core.telemetry.watching import ProcessHealth
from idvault_verify.attest import expiry


class Figure:
    """A gauge, set by calling it with its value, or with one for each value of its label.

    Set on the event loop, read by the metrics server's thread; what was not set is not shown.
    """

    def __init__(self, name: str, text: str, *labels: str) -> None:
        """Start without a value. labels: the name of its label, if it has one."""
        self._name, self._text, self._labels = name, text, labels
        self._values: Mapping[str, float] = {}

    def __call__(self, value: float | Mapping[str, float]) -> None:
        """Replace what was set before."""
        self._values = dict(value) if isinstance(value, Mapping) else {"": value}

    def family(self) -> Metric:
        """Return the gauge as a Prometheus family."""
        family = GaugeMetricFamily(self._name, self._text, labels=self._labels)
        for label, value in self._values.items():
            family.add_metric((label,), value)
        return family


class Vitals:
    """The figures that every kind of process can have."""

    def __init__(self, health: ProcessHealth) -> None:
        """Set whose readiness is shown."""
        self._health = health
        self.certificates = Figure(
            "idvault_certificate_expiry_seconds",
            "For how long a certificate of the settings is still valid.",
            "setting",
        )
        self.disk_free = Figure("idvault_disk_free_bytes", "Free bytes of the disk of a place.", "place")
        self.disk_size = Figure("idvault_disk_size_bytes", "Bytes of the disk of a place.", "place")
        self.witness_lag = Figure(
            "idvault_witness_lag_entries", "Entries of the log that a witness has not cosigned.", "witness"
        )
        self.records_without_key = Figure(
            "idvault_records_without_key", "Records without a shred key whose account is not erased."
        )
        self.backup_ages = Figure(
            "idvault_backup_age_seconds", "Age of the newest backup of a database.", "database"
        )
        self.clock_doubted = Figure(
            "idvault_clock_doubted",
            "Whether tasks that cannot be undone wait, because the clock is not confirmed.",
        )

    async def read(
        self, *, certificates: Mapping[str, Path], disks: Mapping[str, Path], clock: Callable[[], datetime]
    ) -> None:
        """Set the figures of a process's files; one that cannot be read is not shown.

        certificates: by the setting that names them; negative after their end. disks: a folder on each, by
        what is in it.
        """
        self.certificates(await asyncio.to_thread(expiry.seconds_left, certificates, now=clock()))
        spaces = await asyncio.to_thread(_spaces, disks)
        self.disk_free({place: free for place, (free, _) in spaces.items()})
        self.disk_size({place: size for place, (_, size) in spaces.items()})

    def families(self) -> Iterator[Metric]:
        """Yield every metric as Prometheus families."""
        build = GaugeMetricFamily("idvault_build_info", "The running version.", labels=("version", "python"))
        build.add_metric((version("idvault"), platform.python_version()), 1)
        yield build
        yield families.gauge("idvault_ready", "Whether the process is ready.", not self._health.reasons())
        yield from (each.family() for each in vars(self).values() if isinstance(each, Figure))


def _spaces(folders: Mapping[str, Path]) -> dict[str, tuple[int, int]]:
    """Return the free and all bytes of each folder's disk."""
    found = {}
    for name, folder in folders.items():
        with suppress(OSError):
            used = shutil.disk_usage(folder)
            found[name] = used.free, used.total
    return found
