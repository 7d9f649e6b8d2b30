"""The rows of the log.

The log's signed notes, in the second database (log.ports.CheckpointStore).

The epochs of the log: their statements in the main database, and the beginning of one in both databases.

Each step can be repeated after a crash.

Stored hashes of the log's tree, read by position.

Reads the whole log page by page for verification, even if it was tampered with.

SQLite accepts any type in a column, for example text instead of bytes. The queries therefore cast each value
to its column's type: a wrong value then appears as a wrong entry, not as a type error in this program.

The order of the log and its stored tree, in the main database (log.ports.LogStore).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    cast,
    delete,
    func,
    insert,
    select,
    update,
)

from idvault.core import log_entry
from idvault.core.db.act import act, read
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.listing import among_words, listed
from idvault.core.db.locking import for_change
from idvault.core.db.statement import Statement, by_index, param, scalar, statement, upsert
from idvault.core.tables.log import (
    log_checkpoints,
    log_entries,
    log_head,
    log_nodes,
    log_statements,
)
from idvault.log.ports import AuditPage, Extent, Head, StoredEntry, Subtree, Unsequenced
from idvault.verify.error import DamagedError, Reason
from idvault.verify.event import Event
from idvault.verify.transparency.tile import HEIGHT
from idvault.verify.transparency.tree import CompactRange, LogError, leaf_hash

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


EPOCHS = "epochs"
"""The name of the statements among the log's notes in the shred database."""

_ONLY_EPOCH = 1
_FIND_EPOCH: Statement[str] = statement(
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
    select(log_statements.c.statements).where(log_statements.c.singleton == _ONLY_EPOCH), scalar
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
    """The main database's part (log.ports.EpochMain)."""

    database: Database

    @read("epoch.latest")
    async def latest(self, connection: Connection) -> bytes | None:
        """Return the statements of all epochs, as the public file has them; None if there are none."""
        return await connection.one(_STATEMENTS)

    @read("epoch.begun")
    async def begun(self, connection: Connection, entry_ids: Sequence[str]) -> set[str]:
        """Return which of these entries are in the log, or wait for their place in it."""
        return set(await connection.all(_FOUND, wanted=list(entry_ids)))


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
            if await connection.one(_FIND_EPOCH, entry_id=event.entry_id) is None:
                if left is not None:
                    await _cut(connection, left)
                await log_entry.append(connection, event)
            await connection.run(_KEEP, only=_ONLY_EPOCH, content=statements)

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
            await log_entry.append(connection, event)
            if statements is not None:
                await connection.run(_KEEP, only=_ONLY_EPOCH, content=statements)

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


class Run(NamedTuple):
    """Adjacent nodes of one level."""

    level: int
    first: int
    last: int


# One run per statement. If several are joined in one, PostgreSQL expects a part of the table for each run, so
# it may read the whole table, however long the log is. ORDER BY and LIMIT make it follow the index.
# The value is cast because SQLite accepts any type in a column (log.store).
_FIND_NODE = statement(
    select(log_nodes.c.level, log_nodes.c.node_index, cast(log_nodes.c.hash, LargeBinary))
    .where(
        log_nodes.c.level == param("at_level"), log_nodes.c.node_index.between(param("first"), param("last"))
    )
    .order_by(log_nodes.c.node_index)
    .limit(param("limit", Integer))
)


async def find(connection: Connection, runs: Sequence[Run]) -> dict[Subtree, bytes]:
    """Return the stored nodes of these runs."""
    nodes: dict[Subtree, bytes] = {}
    for run in runs:
        limit = run.last - run.first + 1
        for level, index, found in await connection.all(
            _FIND_NODE, at_level=run.level, first=run.first, last=run.last, limit=limit
        ):
            nodes[Subtree(level, index)] = found
    return nodes


def runs_of(wanted: Iterable[Subtree]) -> list[Run]:
    """Group nodes into runs."""
    runs: list[Run] = []
    for level, index in sorted({(node.level, node.index) for node in wanted}):
        if runs and runs[-1].level == level and runs[-1].last == index - 1:
            runs[-1] = runs[-1]._replace(last=index)
        else:
            runs.append(Run(level, index, index))
    return runs


def _extent(row: Any) -> Extent:
    size, tree, greatest, waiting = row
    return Extent(size or 0, tree or b"", 0 if greatest is None else greatest + 1, waiting)


def _entry(row: Any) -> StoredEntry:
    return StoredEntry(*row)


_INDEX = log_entries.c.log_index
_EXTENT = statement(
    select(
        cast(select(log_head.c.size).limit(1).scalar_subquery(), BigInteger),
        cast(select(log_head.c.tree).limit(1).scalar_subquery(), LargeBinary),
        cast(select(func.max(_INDEX)).scalar_subquery(), BigInteger),
        select(func.count()).where(_INDEX.is_(None)).scalar_subquery(),
    ),
    _extent,
)
_ENTRIES = (
    select(cast(_INDEX, BigInteger), cast(log_entries.c.leaf, LargeBinary))
    .order_by(_INDEX)
    .limit(param("limit", Integer))
)
_FIRST_PAGE = statement(_ENTRIES.where(_INDEX.is_not(None)), _entry)
_PAGE = statement(_ENTRIES.where(log_entries.c.log_index > param("after")), _entry)


@dataclass(kw_only=True, eq=False, repr=False)
class SqlLogAuditStore:
    """The log of a main database (log.ports.LogAuditStore)."""

    database: Database

    @read("log.extent")
    async def extent(self, connection: Connection) -> Extent:
        """Return the log's size, its tree and its count of waiting entries, read in one statement."""
        (extent,) = await connection.all(_EXTENT)
        return extent

    @read("log.page")
    async def page(self, connection: Connection, *, after: int | None, limit: int) -> AuditPage:
        """Return a page of entries and the stored subtrees that end in them."""
        if after is None:
            entries = await connection.all(_FIRST_PAGE, limit=limit)
        else:
            entries = await connection.all(_PAGE, after=after, limit=limit)
        return AuditPage(tuple(entries), await find(connection, _ended(entries)))


def _ended(entries: Sequence[StoredEntry]) -> list[Run]:
    """Return the positions of the subtrees that end in these entries."""
    places = [entry.index for entry in entries if entry.index >= 0]
    if not places:
        return []
    # Entries after a gap are wrong in any case: a gap made by an attacker must not make this read everything.
    first, last = min(places), min(max(places), min(places) + len(places) - 1)
    runs, level = [], 0
    while (first >> level) <= (ends := (last + 1 >> level) - 1):
        runs.append(Run(level, first >> level, ends))
        level += HEIGHT
    return runs


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
        return await find(connection, runs_of(wanted))

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
