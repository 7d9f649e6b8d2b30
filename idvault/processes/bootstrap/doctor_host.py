"""Builds the doctor's checks of a process's host: disks, files, keys, records and clocks."""

import asyncio
import shutil
from functools import partial
from pathlib import Path

from idvault.core.ailment import AilmentError
from idvault.core.config import Settings
from idvault.core.db import url as address
from idvault.core.db.clock import SqlServerClock
from idvault.core.db.database import Database
from idvault.processes import readiness
from idvault.processes.backup import record_walk
from idvault.processes.bootstrap.base import ENTROPY, Clock, load_keys, urls
from idvault.processes.bootstrap.vitals import places
from idvault.processes.doctor import Check
from idvault.sealing.key_provider import KeyFileError
from idvault_verify import token
from idvault_verify.error import UnavailableError

DATABASES = "databases"
"""The check without which those that read a database say nothing."""

_LEAST_FREE = 1 << 30
# The records whose keys a run looks up: a second of a core. The worker looks up all of them, bit by bit.
_SAMPLE = 100_000
_SETTINGS = {
    "main": "IDVAULT_DATABASE_URL",
    "shred": "IDVAULT_SHRED_DATABASE_URL",
    "public": "IDVAULT_PUBLIC_DIR",
    "backup": "IDVAULT_BACKUP_DIR",
}
_WORKERS = ", or remove the setting unless these are the worker's settings: only the worker writes there"
_SECRETS = ("keys", "key_passphrase_file", "tls_key", "web_tls_key", "registry_secret_key_file")


def host_checks(settings: Settings, *, main: Database, shred: Database, clock: Clock) -> list[Check]:
    """Return the checks of this host for what these settings name."""
    checks = [
        Check("records", partial(_check_records, main, shred), needs=DATABASES),
        Check("disk", partial(asyncio.to_thread, _check_disks, settings)),
        Check("files", partial(asyncio.to_thread, check_owners, settings)),
    ]
    if settings.keys.name and settings.key_passphrase_file.name:
        checks.append(Check("keys", partial(_check_keys, settings)))
    if not all(address.is_sqlite(address.parse(url)) for url in urls(settings)):
        run = partial(_check_clocks, settings, main, shred, clock)
        checks.append(Check("database-clock", run, needs=DATABASES))
    return checks


async def _check_records(main: Database, shred: Database) -> None:
    # From anywhere on, and round to the beginning: each run of the doctor sees other ones of a large number.
    start = token.make(ENTROPY.random(16))
    steps = [await record_walk.walk(main, shred, after=start, most=_SAMPLE)]
    if steps[0].looked < _SAMPLE:
        steps.append(await record_walk.walk(main, shred, most=_SAMPLE - steps[0].looked))
    unkeyed = {account for step in steps for account in step.unkeyed}
    if unkeyed:
        raise AilmentError(
            f"{len(unkeyed)} records have no shred key, of at most {_SAMPLE} looked up, and nobody can open "
            "them: the shred database is older than the main one; `idvault restore --check --list FILE` "
            "looks up all records and names the accounts"
        )


def _check_disks(settings: Settings) -> None:
    for name, path in places(settings).items():
        try:
            free = shutil.disk_usage(path).free
        except OSError as error:
            raise AilmentError(f"the folder of {_SETTINGS[name]} cannot be read: create it") from error
        if free < _LEAST_FREE:
            raise AilmentError(
                f"the disk of {_SETTINGS[name]} has {free // 1_000_000} MB left, and acts are refused once "
                "it is full: free some space"
            )


def check_owners(settings: Settings) -> None:
    """Raise AilmentError unless the owner of the key file can use every file of the process.

    Somebody else may run the doctor, such as root, who can read everything.
    """
    check_secrets(settings, of="keys")
    if not settings.keys.name or not settings.keys.exists():
        return
    user = settings.keys.stat().st_uid
    for name, path in places(settings).items():
        # The backup's folder belongs to whoever makes backups.
        if name != "backup" and path.exists() and _is_closed(path, user):
            raise _others(f"the folder of {_SETTINGS[name]}", "keys", _WORKERS if name == "public" else "")
    for name, url in zip(("main", "shred"), urls(settings), strict=True):
        file = address.parse(url).file
        if file is not None and file.exists() and _is_closed(file, user):
            raise _others(f"the file of {_SETTINGS[name]}", "keys")


def check_secrets(settings: Settings, *, of: str) -> None:
    """Raise AilmentError unless all files with secrets have one owner. of: the setting that tells whose."""
    first: Path = getattr(settings, of)
    if not first.name or not first.exists():
        return
    for name in _SECRETS:
        path: Path = getattr(settings, name)
        if path.name and path.exists() and path.stat().st_uid != first.stat().st_uid:
            raise _others(f"the file in IDVAULT_{name.upper()}", of)


def _is_closed(path: Path, user: int) -> bool:
    found = path.stat()
    # A group or everybody who may write is the operator's choice.
    return found.st_uid != user and not found.st_mode & 0o022


def _others(what: str, of: str, otherwise: str = "") -> AilmentError:
    first = f"IDVAULT_{of.upper()}"
    return AilmentError(
        f"{what} belongs to another user than the file in {first}: chown it to that user{otherwise}"
    )


async def _check_keys(settings: Settings) -> None:
    try:
        await asyncio.to_thread(load_keys, settings)
    except KeyFileError as error:
        raise AilmentError(f"{error.why}: check IDVAULT_KEYS and IDVAULT_KEY_PASSPHRASE_FILE") from error
    except OSError as error:
        raise AilmentError("the file in IDVAULT_KEY_PASSPHRASE_FILE cannot be read") from error


async def _check_clocks(settings: Settings, main: Database, shred: Database, clock: Clock) -> None:
    for database, url in zip((main, shred), urls(settings), strict=True):
        try:
            theirs = await SqlServerClock(database=database, url=url).read()
        except UnavailableError:
            continue  # the check of the databases says so
        readiness.check_clock(whose="database server", theirs=theirs, now=clock().real)
