"""Reads the figures of a service's files: certificates, disks, and the newest backup."""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from idvault.core.config import Settings
from idvault.core.db import url as address
from idvault.processes.bootstrap.base import DATABASES, Base, urls
from idvault.processes.bootstrap.manifest import MANIFEST, ManifestError, read_manifest
from idvault_verify import durable_file, small_file

_NOTE = ".backup-ended"
# A clock that was wrong must not make a backup look new for years.
_FUTURE = timedelta(minutes=5)


async def set_vitals(base: Base) -> None:
    """Set the metrics of certificates, disks and backups."""
    vitals, settings, now = base.metrics.vitals, base.settings, base.real_now()
    await vitals.read(certificates=settings.certificates, disks=places(settings), clock=base.real_now)
    if settings.backup_dir.name:
        made = await asyncio.to_thread(newest_backups, settings.backup_dir, now=now)
        vitals.backup_ages.set_all({name: (now - at).total_seconds() for name, at in made.items()})


def places(settings: Settings) -> dict[str, Path]:
    """Return the folders that must not fill up, by what is in them; those of this process only."""
    files = [address.parse(url).file for url in urls(settings)]
    found = {name: file.parent for name, file in zip(DATABASES, files, strict=True) if file is not None}
    if settings.public_dir.name:
        found["public"] = settings.public_dir
    if settings.backup_dir.name:
        found["backup"] = settings.backup_dir
    return found


def newest_backups(folder: Path, *, now: datetime) -> dict[str, datetime]:
    """Return when the newest backup of each database was ended, of those that are known in a folder.

    `idvault backup` leaves a folder with a manifest, which is of both. For PostgreSQL the job that makes a
    backup leaves a note. A damaged one does not count, nor one in the future.
    """
    ends: dict[str, list[str]] = {name: [_noted(folder, name)] for name in DATABASES}
    for manifest in (folder / MANIFEST, *folder.glob(f"*/{MANIFEST}")):
        with suppress(ManifestError):
            ended = read_manifest(manifest.parent).ended
            for name in DATABASES:
                ends[name].append(ended)
    times = {name: [at for text in texts if (at := _time(text, now))] for name, texts in ends.items()}
    return {name: max(found) for name, found in times.items() if found}


def note_backup(folder: Path, name: str, *, now: datetime) -> Path:
    """Note that a backup of a database has ended now; return the note. Raises OSError."""
    path = folder / f"{name}{_NOTE}"
    # The worker reads it, and has another user than who makes backups.
    durable_file.replace(path, f"{now.isoformat(timespec='seconds')}\n".encode(), mode=0o644)
    return path


def _noted(folder: Path, name: str) -> str:
    with suppress(OSError, UnicodeDecodeError):
        return small_file.read(folder / f"{name}{_NOTE}").decode("ascii").strip()
    return ""


def _time(text: str, now: datetime) -> datetime | None:
    with suppress(ValueError):
        found = datetime.fromisoformat(text)
        if found.tzinfo is not None and found <= now + _FUTURE:
            return found
    return None
