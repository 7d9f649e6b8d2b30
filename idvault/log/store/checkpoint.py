"""The log's signed notes, in the second database (ports.log.store.CheckpointStore)."""

from dataclasses import dataclass

from sqlalchemy import select, update

from idvault.core.db.act import act
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import Statement, param, scalar, statement, upsert
from idvault.core.tables.log import log_checkpoints

NEWEST = "newest"
SIGNED = "signed"
LOG_KEYS = "log-keys"
CLOCK = "clock"

_NAMED = log_checkpoints.c.name == param("which")
_FIND: Statement[bytes] = statement(select(log_checkpoints.c.note).where(_NAMED), scalar)
_ADD = statement(
    upsert(log_checkpoints)
    .on_conflict_do_nothing(index_elements=[log_checkpoints.c.name])
    .returning(log_checkpoints.c.name)
)
_REPLACE = statement(
    update(log_checkpoints)
    .where(_NAMED, log_checkpoints.c.note == param("former"))
    .values(note=param("note"))
)


@dataclass(kw_only=True, eq=False, repr=False)
class SqlCheckpointStore:
    """One of the stored notes, in the shred database.

    NEWEST is the newest published checkpoint, with every required cosignature. SIGNED is the last checkpoint
    signed with the log's key; only the sequencer reads it. LOG_KEYS has the announcements of its later keys.
    CLOCK is no note of the log: it has the time at which a worker last trusted its clock.
    """

    database: Database
    name: str = NEWEST

    async def latest(self) -> bytes | None:
        """Return the note, or None before the first."""
        return await self.database.one("checkpoint.latest", _FIND, which=self.name)

    @act("checkpoint.replace")
    async def replace(self, connection: Connection, *, former: bytes | None, note: bytes) -> bool:
        """Replace a note by compare-and-set; False if the stored note is not `former`. Durable."""
        if former is None:
            return await connection.one(_ADD, name=self.name, note=note) is not None
        return await connection.run(_REPLACE, which=self.name, former=former, note=note) == 1
