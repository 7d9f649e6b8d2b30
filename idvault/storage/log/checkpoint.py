"""The log's signed notes, in the second database (ports.log.CheckpointStore)."""

from sqlalchemy import select, update

from idvault.storage.base.connection import Connection
from idvault.storage.base.database import Database
from idvault.storage.dialect import insert_if_absent
from idvault.storage.log.tables import log_checkpoints

NEWEST = "newest"
SIGNED = "signed"


class SqlCheckpointStore:
    """One of the two notes that are kept, in the shred database.

    NEWEST is the newest checkpoint for everybody, with every cosignature that it needs. SIGNED is the last
    one that the log's key signed; the sequencer alone reads it.
    """

    def __init__(self, *, database: Database, name: str = NEWEST) -> None:
        """Take the shred database, and which note is meant."""
        self._database = database
        self._name = name

    async def latest(self) -> bytes | None:
        """Return the note; None before the first."""
        query = select(log_checkpoints.c.note).where(log_checkpoints.c.name == self._name)

        async def read(connection: Connection) -> bytes | None:
            note: bytes | None = (await connection.execute(query)).scalar_one_or_none()
            return note

        return await self._database.read("checkpoint.latest", read)

    async def replace(self, *, former: bytes | None, note: bytes) -> bool:
        """Put a note in the place of the former one; False if that one is not the newest. Durable."""
        return await self._database.act(
            "checkpoint.replace", lambda connection: self._replace(connection, former, note)
        )

    async def _replace(self, connection: Connection, former: bytes | None, note: bytes) -> bool:
        if former is None:
            return await insert_if_absent(connection, log_checkpoints, name=self._name, note=note)
        replaced = await connection.execute(
            update(log_checkpoints)
            .where(log_checkpoints.c.name == self._name, log_checkpoints.c.note == former)
            .values(note=note)
        )
        return replaced.rowcount == 1
