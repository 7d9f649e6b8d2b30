"""Builds the doctor's check of erasures: whether destructions wait for files, and what receipts promise."""

from datetime import timedelta
from functools import partial

from idvault.core.ailment import AilmentError
from idvault.core.db.database import Database
from idvault.erasure import store
from idvault.key.acts.remnants import KeyRewriting
from idvault.processes.bootstrap.base import Clock
from idvault.processes.doctor import Check

_LATE = timedelta(minutes=5)


def erasure_check(*, main: Database, shred: Database, clock: Clock, needs: str) -> Check:
    """Return the check."""
    return Check("erasures", partial(_check, main, shred, clock), needs=needs)


async def _check(main: Database, shred: Database, clock: Clock) -> str | None:
    now = clock().business
    levels = await main.read("erasure.levels", lambda one: store.levels(one, now=now))
    if levels.first_due_at is not None and now - levels.first_due_at > _LATE:
        raise AilmentError(await _cause(main, shred))
    if shred.is_file:
        return None
    unmet = await KeyRewriting(shred=shred).unmet()
    if not unmet:
        return None
    return (
        "receipts of erasures promise nothing about files, because PostgreSQL keeps the bytes of deleted "
        f"keys: the shred database lacks {', '.join(unmet)}"
    )


async def _cause(main: Database, shred: Database) -> str:
    kept = [name for name, each in (("shred", shred), ("main", main)) if not await each.empty_log()]
    if kept:
        return (
            f"destructions wait, because somebody reads an old state of the {' and the '.join(kept)} "
            "database: end the backup or the shell that has the file open"
        )
    if not shred.is_file:
        return (
            "steps of erasures are late: is `idvault work` running? Destructions also wait while a session, "
            "such as a dump, locks shred_keys, and while a replication slot or the archive keeps write-ahead "
            "log"
        )
    return "steps of erasures are late: start `idvault work`, or see its logs"
