"""Reads the log outside the service's processes; verification needs only a database URL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from idvault.core.config import Settings
from idvault.core.db import url as address
from idvault.core.db.database import Database
from idvault.core.public_files import LocalPublicFiles
from idvault.log.acts.audit import LogAuditFlow
from idvault.log.acts.publication import PublicationFlow
from idvault.log.store import EPOCHS, SqlCheckpointStore, SqlLogAuditStore, SqlLogStore
from idvault.processes.bootstrap.base import load_keys_of, urls
from idvault.sealing.key_set import Holder, Purpose
from idvault.sealing.signing import Ed25519Signer
from idvault.verify.clock import ClockReading
from idvault.verify.error import Reason, UnavailableError
from idvault.verify.transparency import checkpoint
from idvault.verify.transparency.checkpoint import CosignaturePolicy
from idvault.verify.transparency.note import VerifierKey
from idvault.verify.transparency.tile import CHECKPOINT_PATH


def check_database_urls(*urls: str | None) -> None:
    """Raise ValueError for a URL that is neither SQLite nor PostgreSQL."""
    for url in filter(None, urls):
        address.parse(url)


@asynccontextmanager
async def log_audit(*, database_url: str) -> AsyncIterator[LogAuditFlow]:
    """Open the main database of a log for an audit."""
    database = Database(url=database_url, pool_size=1)
    try:
        yield LogAuditFlow(store=SqlLogAuditStore(database=database))
    finally:
        await database.close()


async def stored_checkpoint(*, database_url: str) -> bytes | None:
    """Return the newest signed note in the second database, None if it has none."""
    database = Database(url=database_url, pool_size=1)
    try:
        return await SqlCheckpointStore(database=database).latest()
    finally:
        await database.close()


def log_key(settings: Settings) -> VerifierKey:
    """Return the log's public key from the worker's key file, which is beside IDVAULT_KEYS."""
    keys = load_keys_of(settings, Holder.WORK)
    return VerifierKey(settings.log_origin, Ed25519Signer(keys=keys.keys(Purpose.LOG)).public_key)


async def export_log(settings: Settings, *, directory: Path, key: VerifierKey, now: ClockReading) -> int:
    """Write the log as files up to its newest checkpoint, with the flow that publishes it; return its size.

    Raises UnavailableError (LOG_UNAVAILABLE) before the first checkpoint, PublicationRefusedError if the
    directory contains another log, and DamagedError if the stored log does not verify.
    """
    main, shred = (Database(url=url) for url in urls(settings))
    files = LocalPublicFiles(directory=directory)
    policy = CosignaturePolicy(key.name, (key,))
    try:
        await PublicationFlow(
            store=SqlLogStore(database=main),
            complete=SqlCheckpointStore(database=shred),
            epochs=SqlCheckpointStore(database=shred, name=EPOCHS),
            files=files,
            policy=lambda: policy,
        ).run(now=now)
    finally:
        await main.close()
        await shred.close()
    written = await files.read(CHECKPOINT_PATH)
    if written is None:
        raise UnavailableError(Reason.LOG_UNAVAILABLE)
    return checkpoint.verify(written, policy).checkpoint.size
