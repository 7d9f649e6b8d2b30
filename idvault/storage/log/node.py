"""Stored hashes of the log's tree, read by position."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import BigInteger, LargeBinary, SmallInteger, cast, select

from idvault.ports.log.store import Subtree
from idvault.storage.base.connection import Connection
from idvault.storage.base.listing import listed
from idvault.storage.base.statement import statement
from idvault.storage.log.tables import log_nodes


class Run(NamedTuple):
    """Adjacent nodes of one level."""

    level: int
    first: int
    last: int


_RUNS = listed("runs", level=SmallInteger, first=BigInteger, last=BigInteger)
# The value is cast because SQLite accepts any type in a column (storage.log.audit).
_FIND = statement(
    select(log_nodes.c.level, log_nodes.c.node_index, cast(log_nodes.c.hash, LargeBinary)).join_from(
        _RUNS,
        log_nodes,
        (log_nodes.c.level == _RUNS.c.level) & log_nodes.c.node_index.between(_RUNS.c.first, _RUNS.c.last),
    )
)


async def find(connection: Connection, runs: Sequence[Run]) -> dict[Subtree, bytes]:
    """Return the stored nodes of these runs."""
    if not runs:
        return {}
    return {Subtree(level, index): found for level, index, found in await connection.all(_FIND, runs=runs)}


def runs_of(wanted: Iterable[Subtree]) -> list[Run]:
    """Group nodes into runs."""
    runs: list[Run] = []
    for level, index in sorted({(node.level, node.index) for node in wanted}):
        if runs and runs[-1].level == level and runs[-1].last == index - 1:
            runs[-1] = runs[-1]._replace(last=index)
        else:
            runs.append(Run(level, index, index))
    return runs
