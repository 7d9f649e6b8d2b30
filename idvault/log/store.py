"""The rows of the log: its order and its tree, its signed notes, and the statements of its epochs.

- Entries are in the main database, and the notes in the shred database. Statements are in both.
- An audit reads the whole log page by page, even if it was tampered with. SQLite accepts any type in a
  column, for example text instead of bytes: those queries cast each value to its column's type, so that a
  wrong value appears as a wrong entry, not as a type error in this program.
"""

from collections.abc import Iterable, Iterator, Sequence
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

from idvault.core.db.connection import Connection
from idvault.core.db.listing import among_words, listed
from idvault.core.db.statement import Statement, by_index, for_change, param, scalar, statement, upsert
from idvault.core.tables.log import (
    log_checkpoints,
    log_entries,
    log_head,
    log_nodes,
    log_openings,
    log_statements,
)
from idvault.log.rules import AuditPage, Extent, Head, Logged, StoredEntry, Subtree, Unsequenced
from idvault_verify.error import DamagedError, Reason
from idvault_verify.transparency.tile import HEIGHT
from idvault_verify.transparency.tree import CompactRange, LogError, leaf_hash

NEWEST = "newest"
"""The newest complete checkpoint: with every cosignature that is required."""
SIGNED = "signed"
"""The last checkpoint signed with the log's key; only the sequencer reads it."""
EPOCHS = "epochs"
"""The statements of all epochs."""
LOG_KEYS = "log-keys"
"""The announcements of the log's later keys."""
CLOCK = "clock"
"""No note of the log: when a worker last trusted its clock."""

_NAMED = log_checkpoints.c.name == param("which")
NOTE: Statement[bytes] = statement(select(log_checkpoints.c.note).where(_NAMED), scalar)
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
_SET = statement(
    upsert(log_checkpoints)
    .values(name=param("which"), note=param("content"))
    .on_conflict_do_update(index_elements=[log_checkpoints.c.name], set_={"note": param("content")})
)
_FORGET = statement(delete(log_checkpoints).where(_NAMED))


async def replace_note(connection: Connection, name: str, *, former: bytes | None, note: bytes) -> bool:
    """Replace a note by compare-and-set; False if the stored note is not `former`."""
    if former is None:
        return await connection.one(_ADD, name=name, note=note) is not None
    return await connection.run(_REPLACE, which=name, former=former, note=note) == 1


async def set_note(connection: Connection, name: str, note: bytes) -> None:
    """Replace a note, whatever it is."""
    await connection.run(_SET, which=name, content=note)


async def forget_note(connection: Connection, name: str) -> None:
    """Delete a note."""
    await connection.run(_FORGET, which=name)


_ONLY_EPOCH = 1
_FIND_ENTRY: Statement[str] = statement(
    select(log_entries.c.entry_id).where(log_entries.c.entry_id == param("entry_id")), scalar
)
_FOUND: Statement[str] = statement(
    select(log_entries.c.entry_id).where(among_words(log_entries.c.entry_id, "wanted")), scalar
)
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


async def statements(connection: Connection) -> bytes | None:
    """Return the statements of all epochs, as the public file has them; None if there are none."""
    return await connection.one(_STATEMENTS)


async def keep_statements(connection: Connection, content: bytes) -> None:
    """Replace the statements."""
    await connection.run(_KEEP, only=_ONLY_EPOCH, content=content)


async def is_written(connection: Connection, entry_id: str) -> bool:
    """Return whether an entry is in the log, or waits for its place in it."""
    return await connection.one(_FIND_ENTRY, entry_id=entry_id) is not None


async def written(connection: Connection, entry_ids: Sequence[str]) -> set[str]:
    """Return which of these entries are in the log, or wait for their place in it."""
    return set(await connection.all(_FOUND, wanted=list(entry_ids)))


async def cut(connection: Connection, left: CompactRange) -> None:
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


async def extent(connection: Connection) -> Extent:
    """Return the log's size, its tree and its count of waiting entries, read in one statement."""
    (found,) = await connection.all(_EXTENT)
    return found


async def page(connection: Connection, *, after: int | None, limit: int) -> AuditPage:
    """Return up to limit entries with an index greater than `after`, and the subtrees that end in them.

    after: None for a page from the smallest index. Every row that has an index is returned, even a negative
    one.
    """
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
_EMPTY = CompactRange().to_bytes()
NO_HEAD = Head(0, _EMPTY, datetime(1970, 1, 1, tzinfo=UTC))
"""The head before the first sequencing."""


class HeadMovedError(Exception):
    """Another act moved the head: this act must be rolled back."""


def _head(row: Any) -> Head:
    return Head(row.size, row.tree, row.sequenced_at)


_THE_HEAD = log_head.c.singleton == _ONLY
HEAD = statement(select(log_head).where(_THE_HEAD), _head)
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


_LOGGED = (
    select(log_entries.c.entry_id, log_entries.c.leaf, log_entries.c.log_index, log_openings.c.opening_key)
    .join(log_openings, log_openings.c.entry_id == log_entries.c.entry_id)
    .where(log_openings.c.account_token == param("token"))
)


def _logged(row: Any) -> Logged:
    return Logged(row.entry_id, row.leaf, row.opening_key, row.log_index)


LOGGED = statement(_LOGGED.where(log_entries.c.entry_id == param("entry_id")), _logged)
"""One entry of an account, with its opening key."""
# Entries that have no log index yet are newer than all others.
LOGGED_NEWEST_FIRST = statement(
    _LOGGED.order_by(
        log_entries.c.log_index.is_(None).desc(),
        log_entries.c.log_index.desc(),
        log_entries.c.recorded_at.desc(),
    ),
    _logged,
)


async def sequence(connection: Connection, *, limit: int, now: datetime) -> int:
    """Assign the next indices to up to limit entries that have none, older first; return how many.

    The head is locked first, and moved by compare-and-set on its size: raises HeadMovedError if another act
    was faster, and DamagedError if its tree is another. The complete subtrees of the stored levels are added.
    The head's time becomes now, even if no entry was found.
    """
    head = await _locked_head(connection, now)
    # A separate statement after the lock: it must see what the previous sequencer wrote. By "index is null",
    # never by "id greater than the last", because slow transactions commit out of order.
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
        raise HeadMovedError
    return len(waiting)


async def leaves(connection: Connection, *, start: int, limit: int) -> list[bytes]:
    """Return up to `limit` leaves from index `start`, in order, stopping before the first missing one."""
    rows = await connection.all(_LEAVES, start=start, end=start + limit)
    # After a deleted entry, the next one must not take its place.
    return [leaf for place, (index, leaf) in enumerate(rows, start) if index == place]


async def unsequenced(connection: Connection) -> Unsequenced:
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
