"""Reads the figures of a process's files once a minute: certificates, disks, and the newest backup."""

import asyncio
import shutil
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path

from idvault.attest import expiry
from idvault.attest.certificate import CertificateError
from idvault.bootstrap.backup import MANIFEST, ManifestError, read_manifest
from idvault.bootstrap.base import Base, cancel, urls
from idvault.config import Settings
from idvault.storage.base import url as address
from idvault.telemetry.logs import describe, log

_PERIOD = 60.0
_CERTIFICATES = ("tls_certificate", "tls_ca")


def watch_vitals(stack: AsyncExitStack, base: Base) -> None:
    """Set the metrics of this process's files every minute until the stack closes."""
    stack.push_async_callback(cancel, asyncio.create_task(_watch(base)))


async def _watch(base: Base) -> None:
    while True:
        try:
            await set_vitals(base)
        except Exception as error:  # a file that cannot be read must not end the process
            log().warning("vitals_not_read", **describe(error))
        await asyncio.sleep(_PERIOD)


async def set_vitals(base: Base) -> None:
    """Set the metrics of certificates, disks and backups."""
    vitals, settings, now = base.metrics.vitals, base.settings, base.real_now()
    vitals.certificates(await asyncio.to_thread(_certificates, settings, now))
    vitals.disks(await asyncio.to_thread(_disks, settings))
    if settings.backup_dir.name:
        made = await asyncio.to_thread(newest_backup, settings.backup_dir)
        vitals.backup_age(seconds=None if made is None else (now - made).total_seconds())


def places(settings: Settings) -> dict[str, Path]:
    """Return the folders that must not fill up, by what is in them; those of this process only."""
    files = [address.parse(url).file for url in urls(settings)]
    found = {
        name: file.parent for name, file in zip(("main", "shred"), files, strict=True) if file is not None
    }
    if settings.public_dir.name:
        found["public"] = settings.public_dir
    if settings.backup_dir.name:
        found["backup"] = settings.backup_dir
    return found


def newest_backup(folder: Path) -> datetime | None:
    """Return when the newest backup below a folder was ended, None if there is none.

    A folder without a manifest is no backup, and one with a damaged manifest is none that counts.
    """
    ends = []
    for manifest in (folder / MANIFEST, *folder.glob(f"*/{MANIFEST}")):
        try:
            ends.append(datetime.fromisoformat(read_manifest(manifest.parent).ended))
        except (ManifestError, ValueError):
            continue
    return max(ends, default=None)


def _certificates(settings: Settings, now: datetime) -> dict[str, float]:
    found = {}
    for name in _CERTIFICATES:
        path: Path = getattr(settings, name)
        if path.name:
            try:
                found[name] = (expiry.earliest_end(path.read_bytes()) - now).total_seconds()
            except (CertificateError, OSError):
                continue  # not shown: `idvault doctor` says why
    return found


def _disks(settings: Settings) -> dict[str, tuple[int, int]]:
    found = {}
    for name, path in places(settings).items():
        try:
            used = shutil.disk_usage(path)
        except OSError:
            continue
        found[name] = used.free, used.total
    return found
