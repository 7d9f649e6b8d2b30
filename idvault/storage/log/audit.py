"""The whole log read page by page for verification, in any state that somebody may have left it in.

SQLite keeps whatever is put into a column, text in the place of bytes included. Therefore the database casts
each value to what it must be: a wrong one is then met as a wrong entry, not as a mistake of this program.
"""

from collections.abc import Sequence

from sqlalchemy import BigInteger, ColumnElement, LargeBinary, and_, cast, func, or_, select

from idvault.ports.log import Node
from idvault.ports.log_audit import AuditPage, Extent, StoredEntry
from idvault.storage.base.connection import Connection
from idvault.storage.base.database import Database
from idvault.storage.log.tables import log_entries, log_head, log_nodes
from idvault.transparency.tile import HEIGHT


class SqlLogAuditStore:
    """The log of a main database (ports.log_audit.LogAuditStore)."""

    def __init__(self, *, database: Database) -> None:
        """Take the main database."""
        self._database = database

    async def extent(self) -> Extent:
        """Return what the log says of itself, by one statement."""
        greatest = select(func.max(log_entries.c.log_index)).scalar_subquery()
        waiting = select(func.count()).where(log_entries.c.log_index.is_(None)).scalar_subquery()
        size = select(log_head.c.size).limit(1).scalar_subquery()
        tree = select(log_head.c.tree).limit(1).scalar_subquery()
        query = select(cast(size, BigInteger), cast(tree, LargeBinary), cast(greatest, BigInteger), waiting)

        async def read(connection: Connection) -> Extent:
            row = (await connection.execute(query)).one()
            return Extent(row[0] or 0, row[1] or b"", 0 if row[2] is None else row[2] + 1, row[3])

        return await self._database.read("log.extent", read)

    async def page(self, *, after: int | None, limit: int) -> AuditPage:
        """Return entries and the subtrees that end in them."""
        place = log_entries.c.log_index
        query = (
            select(cast(place, BigInteger), cast(log_entries.c.leaf, LargeBinary))
            .where(place.is_not(None))
            .order_by(place)
            .limit(limit)
        )
        if after is not None:
            query = query.where(place > after)

        async def read(connection: Connection) -> AuditPage:
            entries = tuple(StoredEntry(index, leaf) for index, leaf in await connection.execute(query))
            return AuditPage(entries, await _nodes(connection, entries))

        return await self._database.read("log.page", read)


async def _nodes(connection: Connection, entries: Sequence[StoredEntry]) -> dict[Node, bytes]:
    places = [entry.index for entry in entries if entry.index >= 0]
    if not places:
        return {}
    # Behind a gap the entries are wrong whatever is stored: who made one must not make this read everything.
    ranges = _ranges(min(places), min(max(places), min(places) + len(places) - 1))
    value = cast(log_nodes.c.hash, LargeBinary)
    query = select(log_nodes.c.level, log_nodes.c.node_index, value).where(or_(*ranges))
    return {Node(level, index): found for level, index, found in await connection.execute(query)}


def _ranges(first: int, last: int) -> list[ColumnElement[bool]]:
    ranges, level = [], 0
    while (first >> level) <= (ends := (last + 1 >> level) - 1):
        ranges.append(and_(log_nodes.c.level == level, log_nodes.c.node_index.between(first >> level, ends)))
        level += HEIGHT
    return ranges
