"""Reads the whole log page by page for verification, even if it was tampered with.

SQLite accepts any type in a column, for example text instead of bytes. The queries therefore cast each value
to its column's type: a wrong value then appears as a wrong entry, not as a type error in this program.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Integer, LargeBinary, cast, func, select

from idvault.core.db.act import read
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import param, statement
from idvault.core.tables.log import log_entries, log_head
from idvault.log.ports.audit import AuditPage, Extent, StoredEntry
from idvault.log.store import node
from idvault.log.store.node import Run
from idvault.verify.transparency.tile import HEIGHT


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
    """The log of a main database (ports.log.audit.LogAuditStore)."""

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
        return AuditPage(tuple(entries), await node.find(connection, _ended(entries)))


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
