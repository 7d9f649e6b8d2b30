"""What each platform must still decide or carry out, of one kind: counted by one grouped statement."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, func, select

from idvault.core.db.statement import Micros, Statement, by_index, param, statement


@dataclass(frozen=True, slots=True)
class PlatformDeadlines:
    """What is open at a platform. overdue: how many of these; first_due_at: the earliest deadline."""

    relying_party: str
    open: int
    overdue: int
    first_due_at: datetime


def by_platform(
    table: Table, due_at: ColumnElement[Any], *is_open: ColumnElement[bool], index: str
) -> Statement[PlatformDeadlines]:
    """Return the statement of a table, of the parameter `now`, in the order of the platforms' names.

    is_open: which rows, worded like the partial index that has only those. A list of one platform would also
    give the groups in order, but by reading what was decided long ago.
    """
    party = table.c.relying_party
    overdue = func.count().filter(due_at <= param("now", Micros))
    counted = select(party, func.count(), overdue, func.min(due_at)).select_from(table)
    grouped = counted.where(*is_open).group_by(party).order_by(party)
    return statement(by_index(grouped, table, index), lambda row: PlatformDeadlines(*row))
