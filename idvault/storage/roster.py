"""Which roster version this deployment has adopted (ports.roster)."""

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from idvault.domain.error import PreconditionError, Reason
from idvault.domain.event import Event
from idvault.domain.moment import Moment
from idvault.storage import log
from idvault.storage.account import for_change
from idvault.storage.dialect import insert_if_absent
from idvault.storage.engine import Database
from idvault.storage.schema import roster

_ONLY = 1


class SqlRosterStore:
    """The roster in force, one row of the main database; earlier versions are in the log."""

    def __init__(self, *, database: Database) -> None:
        """Take the main database."""
        self._database = database

    async def adopt(self, *, version: int, digest: str, now: Moment, event: Event) -> bool:
        """Note a version once, with its event; True if this call was the one."""
        return await self._database.act(
            "roster.adopt", lambda connection: _adopt(connection, version, digest, now, event)
        )


async def _adopt(connection: AsyncConnection, version: int, digest: str, now: Moment, event: Event) -> bool:
    values = {"version": version, "digest": digest, "adopted_at": now.business}
    if not await insert_if_absent(connection, roster, singleton=_ONLY, **values):
        if await _is_known(connection, version, digest):
            return False
        await connection.execute(update(roster).values(**values))
    await log.append(connection, event.with_fields(version=version, hash=digest))
    return True


async def _is_known(connection: AsyncConnection, version: int, digest: str) -> bool:
    stored = (await connection.execute(for_change(select(roster)))).one()
    if version < stored.version or (version == stored.version and digest != stored.digest):
        raise PreconditionError(Reason.ROSTER_INVALID)
    return bool(version == stored.version)
