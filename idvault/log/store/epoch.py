"""The epochs of the log: their statements in the main database, and the beginning of one in both databases.

Each step can be repeated after a crash.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import BigInteger, SmallInteger, delete, select, update

from idvault.core.db.act import act, read
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.listing import among_words
from idvault.core.db.statement import Statement, param, scalar, statement, upsert
from idvault.core.tables.log import log_checkpoints, log_entries, log_head, log_nodes, log_statements
from idvault.log.store import entry
from idvault.log.store.checkpoint import NEWEST, SIGNED
from idvault.verify.event import Event
from idvault.verify.transparency.tile import HEIGHT
from idvault.verify.transparency.tree import CompactRange

EPOCHS = "epochs"
"""The name of the statements among the log's notes in the shred database."""

_ONLY = 1
_FIND: Statement[str] = statement(
    select(log_entries.c.entry_id).where(log_entries.c.entry_id == param("entry_id")), scalar
)
_FOUND: Statement[str] = statement(
    select(log_entries.c.entry_id).where(among_words(log_entries.c.entry_id, "wanted")), scalar
)
_SET = statement(
    upsert(log_checkpoints)
    .values(name=param("which"), note=param("content"))
    .on_conflict_do_update(index_elements=[log_checkpoints.c.name], set_={"note": param("content")})
)
_FORGET = statement(delete(log_checkpoints).where(log_checkpoints.c.name == param("which")))
_STATEMENTS: Statement[bytes] = statement(
    select(log_statements.c.statements).where(log_statements.c.singleton == _ONLY), scalar
)
_KEEP = statement(
    upsert(log_statements)
    .values(singleton=param("only"), statements=param("content"))
    .on_conflict_do_update(index_elements=[log_statements.c.singleton], set_={"statements": param("content")})
)
_UNPLACE = statement(
    update(log_entries).where(log_entries.c.log_index >= param("size", BigInteger)).values(log_index=None)
)
_CUT_NODES = statement(
    delete(log_nodes).where(
        log_nodes.c.level == param("height", SmallInteger),
        log_nodes.c.node_index >= param("end", BigInteger),
    )
)
_SET_HEAD = statement(update(log_head).values(size=param("size"), tree=param("tree")))
_LEVELS = range(0, 64, HEIGHT)


@dataclass(kw_only=True, eq=False, repr=False)
class SqlEpochMain:
    """The main database's part (ports.log.epoch.EpochMain)."""

    database: Database

    @read("epoch.latest")
    async def latest(self, connection: Connection) -> bytes | None:
        """Return the statements of all epochs, as the public file has them; None if there are none."""
        return await connection.one(_STATEMENTS)

    @read("epoch.begun")
    async def begun(self, connection: Connection, entry_ids: Sequence[str]) -> set[str]:
        """Return which of these entries are in the log, or wait for their place in it."""
        return set(await connection.all(_FOUND, wanted=list(entry_ids)))

    @act("epoch.keep")
    async def keep(self, connection: Connection, content: bytes) -> None:
        """Replace the statements. Durable."""
        await connection.run(_KEEP, only=_ONLY, content=content)


@dataclass(kw_only=True, eq=False, repr=False)
class SqlEpochStore:
    """Both databases: each has all statements, and the shred database the checkpoint of a new epoch."""

    main: Database
    shred: Database

    async def begin(
        self, *, statements: bytes, signed: bytes, event: Event, left: CompactRange | None = None
    ) -> None:
        """Log the epoch once, and replace what is signed. event: its id is the statement's, not random.

        statements: of all epochs. signed: the checkpoint of the entries that are left. left: their tree, if
        the main database has more, which then get another place in the log. The former complete checkpoint is
        forgotten: its entries are not all there.
        """

        async def log(connection: Connection) -> None:
            if await connection.one(_FIND, entry_id=event.entry_id) is None:
                if left is not None:
                    await _cut(connection, left)
                await entry.append(connection, event)
            await connection.run(_KEEP, only=_ONLY, content=statements)

        async def replace(connection: Connection) -> None:
            await connection.run(_SET, which=EPOCHS, content=statements)
            await connection.run(_SET, which=SIGNED, content=signed)
            await connection.run(_FORGET, which=NEWEST)

        await self.main.act("epoch.log", log)
        await self.shred.act("epoch.begin", replace)

    async def sign_again(
        self, *, statements: bytes | None, signed: bytes, event: Event, keep_complete: bool
    ) -> None:
        """Log a loss of shred keys, and replace what is signed in a shred database that was restored.

        statements: of all epochs, None if the log is in its first one. keep_complete: whether the complete
        checkpoint is one of this epoch.
        """

        async def log(connection: Connection) -> None:
            await entry.append(connection, event)
            if statements is not None:
                await connection.run(_KEEP, only=_ONLY, content=statements)

        async def replace(connection: Connection) -> None:
            if statements is not None:
                await connection.run(_SET, which=EPOCHS, content=statements)
            await connection.run(_SET, which=SIGNED, content=signed)
            if not keep_complete:
                await connection.run(_FORGET, which=NEWEST)

        await self.main.act("epoch.log", log)
        await self.shred.act("epoch.sign_again", replace)


async def _cut(connection: Connection, left: CompactRange) -> None:
    """Take their place from all entries beyond the first ones; the next sequencing gives them another."""
    await connection.run(_UNPLACE, size=left.size)
    for level in _LEVELS:
        await connection.run(_CUT_NODES, height=level, end=left.size >> level)
    await connection.run(_SET_HEAD, size=left.size, tree=left.to_bytes())
