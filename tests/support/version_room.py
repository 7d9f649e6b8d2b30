"""A chamber whose worker destroys former versions of records."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import delete, insert, select

from idvault.account.rules import FORMER_KEPT
from idvault.account.store import version as version_store
from idvault.core.act import SYSTEM, Tx, act
from idvault.core.tables.account import records
from idvault.core.tables.disclosure import kept_records
from idvault.erasure.former_version import acts
from idvault.erasure.former_version.acts import StrayKeys, VersionSweep
from idvault.key.acts.remnants import Remnants
from idvault.key.acts.version import ShredKeys
from idvault_verify.record import SealedRecord
from tools.support import sql
from tools.support.chamber import Chamber

AFTER = FORMER_KEPT + timedelta(seconds=1)
"""Until a former version is due."""


class DiedError(Exception):
    """The process died here."""


@act("test.hold")
async def _hold(tx: Tx, account_token: str, record_id: str, until: datetime) -> None:
    await acts.hold(tx, account_token=account_token, record_id=record_id, until=until)
    tx.unchanged("the act that holds it has an entry")


@act("test.lift")
async def _lift(tx: Tx, account_token: str, record_id: str, *, present: bool) -> None:
    await acts.lift(tx, account_token=account_token, record_id=record_id, present=present)
    tx.unchanged("the act that lifts it has an entry")


class VersionRoom:
    """The former versions of a chamber's records."""

    def __init__(self, room: Chamber) -> None:
        self.room = room
        self.shred_keys = ShredKeys(room.shred)
        self.sweep = self.process()

    def process(self) -> VersionSweep:
        """Return what another process would have, which knows nothing of this one."""
        return VersionSweep(
            vault=self.room.vault,
            shred_keys=ShredKeys(self.room.shred),
            remnants=Remnants(main=self.room.main, shred=self.room.shred),
        )

    async def work(self) -> int:
        """Let the worker destroy what is due; return how many versions are gone."""
        return await self.sweep.step(now=self.room.now(), limit=100)

    async def look_for_strays(self, *, step: int = 100) -> int:
        """Let the worker look at every key once; return how many were deleted."""
        keys = StrayKeys(main=self.room.main, shred_keys=self.shred_keys, step=step)
        count, is_over = 0, False
        while not is_over:
            deleted, is_over = await keys.look()
            count += deleted
        return count

    async def hold(self, version: SealedRecord, *, days: float) -> datetime:
        """Hold a version; return until when."""
        until = self.room.now().business + timedelta(days=days)
        await _hold(self.room.vault, SYSTEM, self.room.now(), version.account_token, version.record_id, until)
        return until

    async def lift(self, version: SealedRecord, *, present: bool) -> None:
        """End a hold."""
        which = (version.account_token, version.record_id)
        await _lift(self.room.vault, SYSTEM, self.room.now(), *which, present=present)

    async def key(self, version: SealedRecord) -> bytes | None:
        """Return the shred key of a version."""
        return await self.shred_keys.find(account_token=version.account_token, record_id=version.record_id)

    async def kept(self) -> list[str]:
        """Return the ids of former versions that have a row."""
        return [row.record_id for row in await sql.rows(self.room.main, select(kept_records.c.record_id))]

    async def put_back(self, version: SealedRecord, rows: list[dict[str, Any]]) -> None:
        """Put the rows of an older backup of the main database back: as the present record, and as kept."""
        columns = {column.name for column in records.c}
        (row,) = [each for each in rows if each["record_id"] == version.record_id]
        kept = {name: value for name, value in row.items() if name in columns}
        await sql.change(self.room.main, delete(kept_records))
        await sql.change(self.room.main, insert(kept_records).values(**kept))

    async def versions(self, account_token: str) -> list[str]:
        """Return the ids of an account's versions that last."""
        return await self.room.main.read("test", partial(version_store.lasting, account_token=account_token))


class Dying:
    """Lets a process die at one of its uses of the databases.

    point: from 1 on; before: whether it dies before the use or after it.
    """

    def __init__(self, room: Chamber, point: int, *, before: bool) -> None:
        self.count = 0
        self._room, self._point, self._before = room, point, before

    def __enter__(self) -> "Dying":
        for database in (self._room.main, self._room.shred):
            for name in ("act", "read", "write", "one", "empty_log"):
                setattr(database, name, self._counted(getattr(database, name)))
        return self

    def __exit__(self, *_: object) -> None:
        for database in (self._room.main, self._room.shred):
            for name in ("act", "read", "write", "one", "empty_log"):
                delattr(database, name)

    def _counted(self, use: Callable[..., Any]) -> Callable[..., Any]:
        async def counted(*given: Any, **named: Any) -> Any:
            self.count += 1
            at_point = self.count == self._point
            if at_point and self._before:
                raise DiedError
            answer = await use(*given, **named)
            if at_point:
                raise DiedError
            return answer

        return counted
