"""A log in memory: both databases of one deployment, without a file or a thread."""

import sqlite3
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Table, delete, insert
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateTable

from idvault.core.db.connection import Connection, T, Work, run_through
from idvault.core.db.database import Database
from idvault.core.db.sqlite_connection import SqliteConnection
from idvault.core.db.statement import Statement, param, statement
from idvault.core.tables.log import log_checkpoints, log_entries, log_head, log_nodes, log_statements
from idvault.log import store
from idvault.log.acts.stored_log import StoredLog
from idvault.log.rules import Subtree
from idvault.log.store import NEWEST, SIGNED
from idvault_verify.transparency import checkpoint
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.note import NoteSigner
from idvault_verify.transparency.tile import HEIGHT
from idvault_verify.transparency.tree import CompactRange, leaf_hash

_AT = datetime(2026, 3, 1, tzinfo=UTC)
_ADD = statement(insert(log_entries))
_ADD_NODE = statement(insert(log_nodes))
_FORGET_HEAD, _ADD_HEAD = statement(delete(log_head)), statement(insert(log_head))
_LOSE_ENTRY = statement(delete(log_entries).where(log_entries.c.log_index == param("place")))
_LOSE_NODE = statement(
    delete(log_nodes).where(log_nodes.c.level == param("level"), log_nodes.c.node_index == param("place"))
)


class _Connection(SqliteConnection):
    """A connection to a database that ends with it; tests write over it as they like."""

    writable = True

    def __init__(self) -> None:
        self.driver = sqlite3.connect(":memory:", isolation_level=None)


class MemoryDatabase(Database):
    """Some tables; what is done with them is done at once."""

    def __init__(self, *tables: Table) -> None:
        self._connection = _Connection()
        for table in tables:
            self._connection.driver.execute(str(CreateTable(table).compile(dialect=sqlite.dialect())))

    @property
    def connection(self) -> Connection:
        return self._connection

    def now(self, work: Coroutine[Any, Any, T]) -> T:
        """Run what a function of this connection does."""
        return run_through(work)

    async def act(self, name: str, work: Work[T]) -> T:
        return run_through(work(self._connection))

    async def read(self, name: str, work: Work[T]) -> T:
        return run_through(work(self._connection))

    async def one(self, name: str, statement: Statement[T], /, **parameters: Any) -> T | None:
        found = run_through(self._connection.all(statement, **parameters))
        return found[0] if found else None


class MemoryLog:
    """Entries that are sequenced at once, and their checkpoint, which is signed and complete at once."""

    def __init__(self, *, origin: str, signer: NoteSigner) -> None:
        """Start empty, without a checkpoint."""
        self._origin, self._signer = origin, signer
        self._tree = CompactRange()
        self.main = MemoryDatabase(log_entries, log_head, log_nodes, log_statements)
        self.shred: MemoryDatabase = MemoryDatabase(log_checkpoints)

    @property
    def stored(self) -> StoredLog:
        return StoredLog(self.main, self.shred)

    @property
    def size(self) -> int:
        return self._tree.size

    def append(self, *leaves: bytes) -> None:
        """Add entries without a new checkpoint."""
        entries: list[dict[str, Any]] = []
        nodes: list[dict[str, Any]] = []
        for leaf in leaves:
            place = self._tree.size
            completed = self._tree.append(leaf_hash(leaf))
            times = {"occurred_at": _AT, "recorded_at": _AT}
            entries.append({"entry_id": f"{place:032x}", "log_index": place, "leaf": leaf, **times})
            for level in range(0, len(completed), HEIGHT):
                nodes.append({"level": level, "node_index": place >> level, "hash": completed[level]})
        run_through(self._add(entries, nodes))

    async def _add(self, entries: Sequence[dict[str, Any]], nodes: Sequence[dict[str, Any]]) -> None:
        connection = self.main.connection
        if entries:
            await connection.many(_ADD, entries)
            await connection.many(_ADD_NODE, nodes)
        await connection.run(_FORGET_HEAD)
        tree = self._tree.to_bytes()
        await connection.run(_ADD_HEAD, singleton=1, size=self._tree.size, tree=tree, sequenced_at=_AT)

    def sign(self) -> Checkpoint:
        """Sign the current state and return the checkpoint."""
        made = Checkpoint(self._origin, self._tree.size, self._tree.root())
        self.note = checkpoint.sign(made, [self._signer])
        return made

    @property
    def note(self) -> bytes | None:
        """The signed note."""
        found = run_through(self.shred.connection.all(store.NOTE, which=SIGNED))
        return found[0] if found else None

    @note.setter
    def note(self, note: bytes | None) -> None:
        for name in (SIGNED, NEWEST):
            connection = self.shred.connection
            if note is None:
                run_through(store.forget_note(connection, name))
            else:
                run_through(store.set_note(connection, name, note))

    def lose_entry(self, place: int) -> None:
        """Delete an entry, as somebody else may."""
        run_through(self.main.connection.run(_LOSE_ENTRY, place=place))

    def lose_node(self, node: Subtree) -> None:
        """Delete a stored hash, as somebody else may."""
        run_through(self.main.connection.run(_LOSE_NODE, level=node.level, place=node.index))
