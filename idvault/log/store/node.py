"""Stored hashes of the log's tree, read by position."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Integer, LargeBinary, cast, select

from idvault.core.db.connection import Connection
from idvault.core.db.statement import param, statement
from idvault.core.tables.log import log_nodes
from idvault.log.ports.log import Subtree


class Run(NamedTuple):
    """Adjacent nodes of one level."""

    level: int
    first: int
    last: int


# One run per statement. If several are joined in one, PostgreSQL expects a part of the table for each run, so
# it may read the whole table, however long the log is. ORDER BY and LIMIT make it follow the index.
# The value is cast because SQLite accepts any type in a column (storage.log.audit).
_FIND = statement(
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
            _FIND, at_level=run.level, first=run.first, last=run.last, limit=limit
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
