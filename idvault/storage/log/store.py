"""The order of the log and its stored tree, in the main database (ports.log.LogStore)."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import Row, and_, bindparam, func, insert, or_, select, update

from idvault.domain.error import DamagedError, Reason
from idvault.ports.log import Head, Node, Unsequenced
from idvault.storage.base.connection import Connection
from idvault.storage.base.database import Database
from idvault.storage.base.locking import for_change
from idvault.storage.dialect import insert_if_absent
from idvault.storage.lengths import padded
from idvault.storage.log.tables import log_entries, log_head, log_nodes
from idvault.transparency.tile import HEIGHT
from idvault.transparency.tree import CompactRange, LogError, leaf_hash

_ONLY = 1
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
# SQLite limits how deep an expression may be, and so how many conditions one OR can join.
_RUNS_PER_QUERY = 64


class _OvertakenError(Exception):
    """Somebody else moved the head: what this act did must be undone."""


class SqlLogStore:
    """The log in the main database."""

    def __init__(self, *, database: Database) -> None:
        """Take the main database."""
        self._database = database

    async def sequence(self, *, limit: int, now: datetime) -> int:
        """Give the next indices to up to limit entries that have none; return how many."""
        try:
            return await self._database.act(
                "log.sequence", lambda connection: _sequence(connection, limit, now)
            )
        except _OvertakenError:
            return 0

    async def head(self) -> Head:
        """Return the head; of size 0, and sequenced in 1970, before a sequencer looked."""
        return await self._database.read("log.head", _head)

    async def leaves(self, *, start: int, limit: int) -> list[bytes]:
        """Return up to limit leaves from an index on, in order; none from the first missing one on."""
        return await self._database.read("log.leaves", lambda connection: _leaves(connection, start, limit))

    async def nodes(self, wanted: Sequence[Node]) -> list[bytes]:
        """Return the stored hashes in the order asked; raises DamagedError if one is missing."""
        found = await self._database.read("log.nodes", lambda connection: _nodes(connection, wanted))
        try:
            return [found[node] for node in wanted]
        except KeyError:
            raise DamagedError(Reason.RECORD_DAMAGED) from None

    async def index_of(self, *, entry_id: str) -> int | None:
        """Return the index of an entry, None while it has none or is unknown."""
        query = select(log_entries.c.log_index).where(log_entries.c.entry_id == entry_id)

        async def read(connection: Connection) -> int | None:
            index: int | None = (await connection.execute(query)).scalar_one_or_none()
            return index

        return await self._database.read("log.index_of", read)

    async def unsequenced(self) -> Unsequenced:
        """Return how many entries wait for an index, and since when."""
        return await self._database.read("log.unsequenced", _unsequenced)


async def _sequence(connection: Connection, limit: int, now: datetime) -> int:
    head = await _locked_head(connection, now)
    waiting = await _waiting(connection, limit)
    tree = _tree(head)
    places: list[dict[str, Any]] = []
    nodes: list[dict[str, Any]] = []
    for row in waiting:
        places.append({"entry": row.entry_id, "place": tree.size})
        nodes += _finished(tree, row.leaf)
    if waiting:
        await _place(connection, places, nodes)
    moved = await connection.execute(
        update(log_head)
        .where(log_head.c.singleton == _ONLY, log_head.c.size == head.size)
        .values(size=tree.size, tree=tree.to_bytes(), sequenced_at=now)
    )
    if moved.rowcount != 1:
        raise _OvertakenError
    return len(waiting)


async def _locked_head(connection: Connection, now: datetime) -> Row[Any]:
    query = for_change(select(log_head).where(log_head.c.singleton == _ONLY))
    row = (await connection.execute(query)).first()
    if row is None:
        empty = CompactRange().to_bytes()
        await insert_if_absent(connection, log_head, singleton=_ONLY, size=0, tree=empty, sequenced_at=now)
        row = (await connection.execute(query)).one()
    return cast(Row[Any], row)


async def _waiting(connection: Connection, limit: int) -> Sequence[Any]:
    # A statement of its own after the lock: it must see what the sequencer before this one did.
    return (
        await connection.execute(
            select(log_entries.c.entry_id, log_entries.c.leaf)
            .where(log_entries.c.log_index.is_(None))
            .order_by(log_entries.c.recorded_at, log_entries.c.entry_id)
            .limit(limit)
        )
    ).all()


async def _place(
    connection: Connection, places: Sequence[dict[str, Any]], nodes: Sequence[dict[str, Any]]
) -> None:
    await connection.execute(
        update(log_entries)
        .where(log_entries.c.entry_id == bindparam("entry"), log_entries.c.log_index.is_(None))
        .values(log_index=bindparam("place")),
        places,
    )
    await connection.execute(insert(log_nodes), nodes)


def _tree(head: Row[Any]) -> CompactRange:
    try:
        tree = CompactRange.from_bytes(head.tree)
    except LogError as error:
        raise DamagedError(Reason.RECORD_DAMAGED) from error
    if tree.size != head.size:
        raise DamagedError(Reason.RECORD_DAMAGED)
    return tree


def _finished(tree: CompactRange, leaf: bytes) -> Iterator[dict[str, Any]]:
    """Append a leaf and yield the rows of the stored levels' subtrees that it completes."""
    completed = tree.append(leaf_hash(leaf))
    for level in range(0, len(completed), HEIGHT):
        yield {"level": level, "node_index": (tree.size - 1) >> level, "hash": completed[level]}


async def _head(connection: Connection) -> Head:
    row = (await connection.execute(select(log_head).where(log_head.c.singleton == _ONLY))).first()
    if row is None:
        return Head(0, CompactRange().to_bytes(), _NEVER)
    return Head(row.size, row.tree, row.sequenced_at)


async def _leaves(connection: Connection, start: int, limit: int) -> list[bytes]:
    rows = await connection.execute(
        select(log_entries.c.log_index, log_entries.c.leaf)
        .where(log_entries.c.log_index >= start, log_entries.c.log_index < start + limit)
        .order_by(log_entries.c.log_index)
    )
    # An entry that somebody deleted must not make the next one pass for it.
    return [row.leaf for place, row in enumerate(rows, start) if row.log_index == place]


async def _nodes(connection: Connection, wanted: Sequence[Node]) -> dict[Node, bytes]:
    found: dict[Node, bytes] = {}
    runs = _runs(wanted)
    for at in range(0, len(runs), _RUNS_PER_QUERY):
        conditions = [
            and_(log_nodes.c.level == level, log_nodes.c.node_index.between(first, last))
            for level, first, last in padded(runs[at : at + _RUNS_PER_QUERY])
        ]
        for row in await connection.execute(select(log_nodes).where(or_(*conditions))):
            found[Node(row.level, row.node_index)] = row.hash
    return found


def _runs(wanted: Sequence[Node]) -> list[tuple[int, int, int]]:
    """Return what is wanted as level, first and last index of what lies side by side."""
    runs: list[tuple[int, int, int]] = []
    for level, index in sorted({(node.level, node.index) for node in wanted}):
        if runs and runs[-1][0] == level and runs[-1][2] == index - 1:
            runs[-1] = (level, runs[-1][1], index)
        else:
            runs.append((level, index, index))
    return runs


async def _unsequenced(connection: Connection) -> Unsequenced:
    row = (
        await connection.execute(
            select(func.count().label("waiting"), func.min(log_entries.c.recorded_at).label("oldest")).where(
                log_entries.c.log_index.is_(None)
            )
        )
    ).one()
    return Unsequenced(row.waiting, row.oldest)
