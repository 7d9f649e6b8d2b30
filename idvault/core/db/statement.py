"""Statements: written once with SQLAlchemy Core, compiled once per dialect, run by the driver.

- A statement is a module-level constant at the top of its store; nothing is built per call.
- Every value that differs between calls is a `param`; a list is one parameter (core.db.listing).
- Result rows are named tuples; `from_row` turns one into the value that the statement returns.
- In an UPDATE, a parameter of WHERE must not have the name of a column that SET changes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar, overload

from sqlalchemy import BindParameter, ClauseElement, Table, bindparam
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.sql.selectable import HasHints

from idvault.core.db.dialect import POSTGRESQL, SQLITE, Compiled, compile_for

T = TypeVar("T")
Q = TypeVar("Q", bound=HasHints)
upsert: Callable[..., Insert] = insert
"""An INSERT that supports ON CONFLICT; both databases use the same syntax."""


def param(name: str, type_: Any = None) -> BindParameter[Any]:
    """Return a parameter that every call must pass; type_ defaults to the type of the column beside it."""
    return bindparam(name, type_=type_)


def scalar(row: Sequence[Any]) -> Any:
    """Return the only column of a row; used as a `from_row`."""
    return row[0]


def by_index(query: Q, table: Table, name: str) -> Q:
    """Make SQLite read a table through this index; PostgreSQL chooses by its statistics.

    SQLite has no statistics here and expects a NULL test on a unique column to find one row. It would read
    and sort every row with NULL, although a partial index holds them in order.
    """
    return query.with_hint(table, f"INDEXED BY {name}", "sqlite")


@dataclass(frozen=True, eq=False)
class Statement(Generic[T]):
    """One statement and how its rows become values; compiled when a dialect first needs it."""

    clause: ClauseElement
    from_row: Callable[[Any], T] | None = None

    @cached_property
    def postgresql(self) -> Compiled:
        """Return the text and parameters for asyncpg."""
        return compile_for(POSTGRESQL, self.clause)

    @cached_property
    def sqlite(self) -> Compiled:
        """Return the text and parameters for sqlite3."""
        return compile_for(SQLITE, self.clause)

    def read(self, compiled: Compiled, rows: Sequence[Sequence[Any]]) -> list[T]:
        """Return the values of the driver's rows."""
        found = compiled.read(rows)
        return found if self.from_row is None else [self.from_row(row) for row in found]


@overload
def statement(clause: ClauseElement) -> Statement[Any]: ...
@overload
def statement(clause: ClauseElement, from_row: Callable[[Any], T]) -> Statement[T]: ...
def statement(clause: ClauseElement, from_row: Callable[[Any], Any] | None = None) -> Statement[Any]:
    """Return a statement; without from_row its rows stay named tuples whose fields are the columns."""
    return Statement(clause, from_row)
