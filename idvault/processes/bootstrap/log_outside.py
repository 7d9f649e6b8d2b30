"""Reads the log outside the service's processes; verification needs only a database URL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from idvault.core.config import Settings
from idvault.core.db import url as address
from idvault.core.db.database import Database
from idvault.core.public_files import LocalPublicFiles
from idvault.log.acts import stored_log
from idvault.log.acts.publication import Publisher
from idvault.processes.bootstrap.base import load_keys_of, open_pair, urls
from idvault.sealing.key_set import Holder, Purpose
from idvault.sealing.signing import Ed25519Signer
from idvault_verify.clock import ClockReading
from idvault_verify.error import Reason, UnavailableError
from idvault_verify.transparency import checkpoint
from idvault_verify.transparency.checkpoint import CosignaturePolicy
from idvault_verify.transparency.note import VerifierKey
from idvault_verify.transparency.tile import CHECKPOINT_PATH


def check_database_urls(*urls: str | None) -> None:
    """Raise ValueError for a URL that is neither SQLite nor PostgreSQL."""
    for url in filter(None, urls):
        address.parse(url)


async def stored_checkpoint(*, database_url: str) -> bytes | None:
    """Return the newest signed note in the second database, None if it has none."""
    async with open_log(database_url) as database:
        return await stored_log.latest_note(database)


@asynccontextmanager
async def open_log(database_url: str) -> AsyncIterator[Database]:
    """Open one database to read the log."""
    database = Database(url=database_url, pool_size=1)
    try:
        yield database
    finally:
        await database.close()


def log_key(settings: Settings) -> VerifierKey:
    """Return the log's public key from the worker's key file, which is beside IDVAULT_KEYS."""
    keys = load_keys_of(settings, Holder.WORK)
    return VerifierKey(settings.log_origin, Ed25519Signer(keys=keys.keys(Purpose.LOG)).public_key)


async def export_log(settings: Settings, *, directory: Path, key: VerifierKey, now: ClockReading) -> int:
    """Write the log as files up to its newest checkpoint, as the worker publishes it; return its size.

    Raises UnavailableError (LOG_UNAVAILABLE) before the first checkpoint, PublicationRefusedError if the
    directory contains another log, and DamagedError if the stored log does not verify.
    """
    files = LocalPublicFiles(directory=directory)
    policy = CosignaturePolicy(key.name, (key,))
    async with open_pair(urls(settings)) as (main, shred):
        await Publisher(main=main, shred=shred, files=files, policy=lambda: policy).run(now=now)
    written = await files.read(CHECKPOINT_PATH)
    if written is None:
        raise UnavailableError(Reason.LOG_UNAVAILABLE)
    return checkpoint.verify(written, policy).checkpoint.size
