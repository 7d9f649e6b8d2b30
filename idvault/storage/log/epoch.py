"""Begins a new epoch of the log: in both databases, each step repeatable after a crash."""

from dataclasses import dataclass

from sqlalchemy import delete, select

from idvault.domain.event import Event
from idvault.storage.base.connection import Connection
from idvault.storage.base.database import Database
from idvault.storage.base.statement import Statement, param, scalar, statement, upsert
from idvault.storage.log import entry
from idvault.storage.log.checkpoint import NEWEST, SIGNED
from idvault.storage.log.tables import log_checkpoints, log_entries

EPOCHS = "epochs"
"""The name of the statements among the log's notes in the shred database."""

_FIND: Statement[str] = statement(
    select(log_entries.c.entry_id).where(log_entries.c.entry_id == param("entry_id")), scalar
)
_SET = statement(
    upsert(log_checkpoints)
    .values(name=param("which"), note=param("content"))
    .on_conflict_do_update(index_elements=[log_checkpoints.c.name], set_={"note": param("content")})
)
_FORGET = statement(delete(log_checkpoints).where(log_checkpoints.c.name == param("which")))


@dataclass(kw_only=True, eq=False, repr=False)
class SqlEpochStore:
    """The main database has the entry of a new epoch, the shred database its statements and checkpoint."""

    main: Database
    shred: Database

    async def begin(self, *, statements: bytes, signed: bytes, event: Event) -> None:
        """Log the epoch once, and replace what is signed. event: its id is the statement's, not random.

        statements: of all epochs. signed: the checkpoint of the entries that are left. The former complete
        checkpoint is forgotten: its entries are not all there.
        """

        async def log(connection: Connection) -> None:
            if await connection.one(_FIND, entry_id=event.entry_id) is None:
                await entry.append(connection, event)

        async def replace(connection: Connection) -> None:
            await connection.run(_SET, which=EPOCHS, content=statements)
            await connection.run(_SET, which=SIGNED, content=signed)
            await connection.run(_FORGET, which=NEWEST)

        await self.main.act("epoch.log", log)
        await self.shred.act("epoch.begin", replace)

    async def sign_again(self, *, statements: bytes | None, signed: bytes, event: Event) -> None:
        """Log a loss of shred keys, and replace what is signed in a shred database that was restored.

        statements: of all epochs, None if the log is in its first one.
        """

        async def replace(connection: Connection) -> None:
            if statements is not None:
                await connection.run(_SET, which=EPOCHS, content=statements)
            await connection.run(_SET, which=SIGNED, content=signed)

        await self.main.act("epoch.log", lambda connection: entry.append(connection, event))
        await self.shred.act("epoch.sign_again", replace)
