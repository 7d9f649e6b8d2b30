"""The metrics of a process itself, its files, the witnesses and the backups.

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

from prometheus_client.core import Metric

from idvault.core.telemetry import series
from idvault.core.telemetry.series import Gauge
from idvault.core.telemetry.watching import ProcessHealth
from idvault_verify.attest import expiry


class Vitals:
    """The figures that every kind of process can have."""

    def __init__(self, health: ProcessHealth) -> None:
        """Set whose readiness is shown."""
        self._health = health
        self._build = Gauge("idvault_build_info", "The running version.", ("version", "python"))
        self._build.set(1, version("idvault"), platform.python_version())
        self._ready = Gauge("idvault_ready", "Whether the process is ready.")
        self.certificates = Gauge(
            "idvault_certificate_expiry_seconds",
            "For how long a certificate of the settings is still valid.",
            ("setting",),
        )
        self.disk_free = Gauge("idvault_disk_free_bytes", "Free bytes of the disk of a place.", ("place",))
        self.disk_size = Gauge("idvault_disk_size_bytes", "Bytes of the disk of a place.", ("place",))
        self.witness_lag = Gauge(
            "idvault_witness_lag_entries", "Entries of the log that a witness has not cosigned.", ("witness",)
        )
        self.records_without_key = Gauge(
            "idvault_records_without_key", "Records without a shred key whose account is not erased."
        )
        self.backup_ages = Gauge(
            "idvault_backup_age_seconds", "Age of the newest backup of a database.", ("database",)
        )
        self.clock_doubted = Gauge(
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
        self.certificates.set_all(await asyncio.to_thread(expiry.seconds_left, certificates, now=clock()))
        spaces = await asyncio.to_thread(_spaces, disks)
        self.disk_free.set_all({place: free for place, (free, _) in spaces.items()})
        self.disk_size.set_all({place: size for place, (_, size) in spaces.items()})

    def families(self) -> Iterator[Metric]:
        """Yield every metric as Prometheus families."""
        self._ready.set(not self._health.reasons())
        yield from series.families(self)


def _spaces(folders: Mapping[str, Path]) -> dict[str, tuple[int, int]]:
    """Return the free and all bytes of each folder's disk."""
    found = {}
    for name, folder in folders.items():
        with suppress(OSError):
            used = shutil.disk_usage(folder)
            found[name] = used.free, used.total
    return found
