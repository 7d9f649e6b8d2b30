"""Statements that PostgreSQL gets together, as one WITH: each round trip costs more than the rows it writes.

- All parts see the database as it was before the first of them, and their order is undefined. So only
  statements that write one table and read no other are joined, and no row may be written by two of them.
- A table may therefore occur twice only if both parts are plain inserts: one row inserted twice is an error.
- Foreign keys are checked after the last part, so a row and the row that it refers to may be in one WITH.
- Since the order is undefined, it prevents no deadlock. An act therefore queues only rows that are new, rows
  that it has locked, and the feed row of its account. Rows that accounts share have statements of their own.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import Delete, Insert, Table, Update
from sqlalchemy.sql import visitors
from sqlalchemy.sql.selectable import SelectBase

from idvault.core.db.statement import Statement

_MOST = 16  # bounds the number of different texts where an act queues statements in a loop
_PLACE = re.compile(r"\$([0-9]+)")


@dataclass(eq=False)
class Queue:
    """The statements of an act that have not been sent, with their arguments."""

    statements: list[Statement[Any]] = field(default_factory=list)
    arguments: list[Any] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Tell whether a statement is queued."""
        return bool(self.statements)

    def precedes(self, statement: Statement[Any]) -> bool:
        """Tell whether the queued statements may be sent with one that may wait for another act's row."""
        return all(_only_inserts(queued) for queued in self.statements) and self.admits(statement)

    def admits(self, statement: Statement[Any]) -> bool:
        """Tell whether a statement may be queued beside the others."""
        table = written(statement)
        if table is None or len(self.statements) == _MOST:
            return False
        return all(
            written(queued) is not table or (_only_inserts(queued) and _only_inserts(statement))
            for queued in self.statements
        )

    def add(self, statement: Statement[Any], arguments: Sequence[Any]) -> None:
        """Queue a statement that is admitted."""
        self.statements.append(statement)
        self.arguments += arguments

    def take(self) -> tuple[str, list[Any]]:
        """Return the text of all queued statements and its arguments; the queue is empty afterwards."""
        text, arguments = joined(tuple(self.statements)), self.arguments
        self.statements, self.arguments = [], []
        return text, arguments


@cache
def written(statement: Statement[Any]) -> Table | None:
    """Return the only table that a statement writes and reads; None if there are more, or it only reads."""
    clause = statement.clause
    if not isinstance(clause, Insert | Update | Delete) or not isinstance(clause.table, Table):
        return None
    return None if any(_reads_more(part, clause.table) for part in visitors.iterate(clause)) else clause.table


def _reads_more(part: Any, table: Table) -> bool:
    return isinstance(part, SelectBase) or (isinstance(part, Table) and part is not table)


def _only_inserts(statement: Statement[Any]) -> bool:
    clause = statement.clause
    return isinstance(clause, Insert) and getattr(clause, "_post_values_clause", None) is None


@cache
def joined(statements: tuple[Statement[Any], ...]) -> str:
    """Return the text that runs the statements; the result is that of the last one."""
    texts: list[str] = []
    shift = 0
    for statement in statements:
        compiled = statement.postgresql
        texts.append(_PLACE.sub(lambda place, by=shift: f"${int(place[1]) + by}", compiled.text))  # type: ignore[misc]
        shift += len(compiled.places)
    *others, last = texts
    if not others:
        return last
    parts = ", ".join(f"q{number} AS ({text})" for number, text in enumerate(others))
    return f"WITH {parts} {last}"
