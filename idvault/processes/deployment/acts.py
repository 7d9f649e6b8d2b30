"""Gives a main and a shred database one identity, and checks that they have the same."""

import asyncio

from idvault.core.db.database import Database
from idvault.processes.deployment import store
from idvault_verify.error import PreconditionError, Reason

_LOOKS, _PAUSE = 20, 0.1


class DeploymentMismatchError(PreconditionError):
    """The two databases do not belong to the same deployment."""

    def __init__(self) -> None:
        """Tell the operator what to do, without naming an id."""
        super().__init__(Reason.ILLEGAL_TRANSITION)
        self.args = (
            "the main and the shred database do not belong to the same deployment: check both addresses; if "
            "the very first `idvault db upgrade` was interrupted, both are still empty and can be recreated",
        )


async def ensure(main: Database, shred: Database, *, candidate: str) -> str:
    """Return the one id that both databases share; if neither has one, store the candidate in both.

    Raises PreconditionError (ILLEGAL_TRANSITION) if the ids differ or only one database has one: writing
    would lose records. Raises UnavailableError (STORE_UNAVAILABLE).
    """
    if await _kept(shred) is not None:  # a new main database beside an old one is a mistake
        return await check(main, shred)
    new, kept = await _ensure(main, candidate)
    return _same(kept, (await _ensure(shred, kept))[1] if new else await _awaited(shred))


async def check(main: Database, shred: Database) -> str:
    """Return the id of both; raises as `ensure` does, and also if neither has one."""
    return _same(await _kept(main), await _kept(shred))


async def _awaited(shred: Database) -> str | None:
    """Return the shred database's id; waits up to 2 s for another process that is still storing it."""
    for _ in range(_LOOKS):
        kept = await _kept(shred)
        if kept is not None:
            break
        await asyncio.sleep(_PAUSE)
    return kept


async def _kept(database: Database) -> str | None:
    return await database.one("deployment.check", store.FIND)


async def _ensure(database: Database, candidate: str) -> tuple[bool, str]:
    return await database.act("deployment.ensure", lambda one: store.keep(one, candidate))


def _same(main: str | None, shred: str | None) -> str:
    """Return the common id, or raise PreconditionError: writing would make records unreadable."""
    if main is None or main != shred:
        raise DeploymentMismatchError
    return main
