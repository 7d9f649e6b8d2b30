"""The order of the log and its stored tree, in the main database (ports.log.store.LogStore)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, Integer, LargeBinary, SmallInteger, String, func, insert, select, update

from idvault.core.db.act import act, read
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.listing import listed
from idvault.core.db.locking import for_change
from idvault.core.db.statement import by_index, param, statement, upsert
from idvault.core.tables.log import log_entries, log_head, log_nodes
from idvault.log.ports.log import Head, Subtree, Unsequenced
from idvault.log.store import node
from idvault.verify.error import DamagedError, Reason
from idvault.verify.transparency.tile import HEIGHT
from idvault.verify.transparency.tree import CompactRange, LogError, leaf_hash

_ONLY = 1
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_EMPTY = CompactRange().to_bytes()


class _HeadMovedError(Exception):
    """Another act moved the head: this act must be rolled back."""


def _head(row: Any) -> Head:
    return Head(row.size, row.tree, row.sequenced_at)


_THE_HEAD = log_head.c.singleton == _ONLY
_HEAD = statement(select(log_head).where(_THE_HEAD), _head)
_LOCK_HEAD = statement(for_change(select(log_head).where(_THE_HEAD)), _head)
_BEGIN = statement(upsert(log_head).on_conflict_do_nothing(index_elements=[log_head.c.singleton]))
_MOVE = statement(
    update(log_head)
    .where(_THE_HEAD, log_head.c.size == param("former"))
    .values(size=param("size"), tree=param("tree"), sequenced_at=param("sequenced_at"))
)
_WAITS = log_entries.c.log_index.is_(None)
_BY_TIME = "ix_log_entries_unsequenced"
_WAITING = statement(
    by_index(
        select(log_entries.c.entry_id, log_entries.c.leaf)
        .where(_WAITS)
        .order_by(log_entries.c.recorded_at, log_entries.c.entry_id)
        .limit(param("limit", Integer)),
        log_entries,
        _BY_TIME,
    )
)
_PLACES = listed("places", entry_id=String, place=BigInteger)
# An entry with an index keeps it. With IS NULL, SQLite would compare every waiting entry with every given one
# instead of looking up the given ones.
_STILL_WAITS = func.coalesce(log_entries.c.log_index, -1) == -1
_PLACE = statement(
    update(log_entries)
    .where(log_entries.c.entry_id == _PLACES.c.entry_id, _STILL_WAITS)
    .values(log_index=_PLACES.c.place)
)
_NODES = listed("nodes", level=SmallInteger, node_index=BigInteger, hash=LargeBinary)
_ADD_NODES = statement(insert(log_nodes).from_select(["level", "node_index", "hash"], select(_NODES)))
_LEAVES = statement(
    select(log_entries.c.log_index, log_entries.c.leaf)
    .where(log_entries.c.log_index >= param("start"), log_entries.c.log_index < param("end"))
    .order_by(log_entries.c.log_index)
)
_UNSEQUENCED = statement(
    by_index(select(func.count(), func.min(log_entries.c.recorded_at)).where(_WAITS), log_entries, _BY_TIME),
    lambda row: Unsequenced(*row),
)


@dataclass(kw_only=True, eq=False, repr=False)
class SqlLogStore:
    """The log in the main database."""

    database: Database

    async def sequence(self, *, limit: int, now: datetime) -> int:
        """Assign the next indices to up to `limit` entries that have none; return how many."""
        try:
            return await self._sequence(limit, now)
        except _HeadMovedError:
            return 0

    @act("log.sequence")
    async def _sequence(self, connection: Connection, limit: int, now: datetime) -> int:
        head = await _locked_head(connection, now)
        # A separate statement after the lock: it must see what the previous sequencer wrote.
        waiting = await connection.all(_WAITING, limit=limit)
        tree = _tree(head)
        places: list[tuple[str, int]] = []
        nodes: list[tuple[int, int, bytes]] = []
        for entry_id, leaf in waiting:
            places.append((entry_id, tree.size))
            nodes += _finished(tree, leaf)
        if waiting:
            await connection.run(_PLACE, places=places)
            await connection.run(_ADD_NODES, nodes=nodes)
        moved = {"size": tree.size, "tree": tree.to_bytes(), "sequenced_at": now}
        if not await connection.run(_MOVE, former=head.size, **moved):
            raise _HeadMovedError
        return len(waiting)

    async def head(self) -> Head:
        """Return the head; before the first sequencing its size is 0 and its time is in 1970."""
        return await self.database.one("log.head", _HEAD) or Head(0, _EMPTY, _NEVER)

    @read("log.leaves")
    async def leaves(self, connection: Connection, *, start: int, limit: int) -> list[bytes]:
        """Return up to `limit` leaves from index `start`, in order, stopping before the first missing one."""
        rows = await connection.all(_LEAVES, start=start, end=start + limit)
        # After a deleted entry, the next one must not take its place.
        return [leaf for place, (index, leaf) in enumerate(rows, start) if index == place]

    async def nodes(self, wanted: Sequence[Subtree]) -> list[bytes]:
        """Return the stored hashes in the order asked; raises DamagedError if one is missing."""
        found = await self._nodes(wanted)
        try:
            return [found[one] for one in wanted]
        except KeyError:
            raise DamagedError(Reason.RECORD_DAMAGED) from None

    @read("log.nodes")
    async def _nodes(self, connection: Connection, wanted: Sequence[Subtree]) -> dict[Subtree, bytes]:
        return await node.find(connection, node.runs_of(wanted))

    @read("log.unsequenced")
    async def unsequenced(self, connection: Connection) -> Unsequenced:
        """Return how many entries wait for an index, and when the oldest was recorded."""
        (found,) = await connection.all(_UNSEQUENCED)
        return found


async def _locked_head(connection: Connection, now: datetime) -> Head:
    head = await connection.one(_LOCK_HEAD)
    if head is None:
        await connection.run(_BEGIN, singleton=_ONLY, size=0, tree=_EMPTY, sequenced_at=now)
        (head,) = await connection.all(_LOCK_HEAD)
    return head


def _tree(head: Head) -> CompactRange:
    try:
        tree = CompactRange.from_bytes(head.tree)
    except LogError as error:
        raise DamagedError(Reason.RECORD_DAMAGED) from error
    if tree.size != head.size:
        raise DamagedError(Reason.RECORD_DAMAGED)
    return tree


def _finished(tree: CompactRange, leaf: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Append a leaf and yield level, index and hash of each subtree of a stored level that it completes."""
    completed = tree.append(leaf_hash(leaf))
    for level in range(0, len(completed), HEIGHT):
        yield level, (tree.size - 1) >> level, completed[level]
