"""Statements: written once with SQLAlchemy Core, compiled once for each database, run by its driver.

- A statement is a module-level constant at the top of its store; nothing is built per call.
- Every value that differs between calls is a `param`; a list is one parameter (core.db.listing).
- Result rows are named tuples; `from_row` turns one into the value that the statement returns.
- In an UPDATE, a parameter of WHERE must not have the name of a column that SET changes.
- Times are integers, microseconds since 1970 (UTC); days are ISO text.
- A row that an act has locked (`for_change`) cannot change until the act ends.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any, Generic, TypeVar, cast, overload

from sqlalchemy import BigInteger, BindParameter, ClauseElement, Select, String, Table, bindparam
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.dialects.postgresql.asyncpg import dialect as postgresql_dialect
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.dialects.sqlite.pysqlite import dialect as sqlite_dialect
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import HasHints
from sqlalchemy.types import TypeDecorator

Convert = Callable[[Any], Any]
POSTGRESQL: Dialect = postgresql_dialect()  # type: ignore[no-untyped-call]
SQLITE: Dialect = sqlite_dialect(paramstyle="qmark")


class _SqliteCompiler(SQLiteCompiler):
    """Writes an index hint after its table (core.db.statement.by_index)."""

    def get_from_hint_text(self, table: Any, text: Any) -> Any:
        """Return the hint unchanged."""
        return text


SQLITE.statement_compiler = _SqliteCompiler


@dataclass(frozen=True, slots=True)
class Compiled:
    """A statement as one driver runs it.

    names: the parameters that every call must give. places: for each argument in the driver's order, the
    parameter's name and its conversion, or None and a constant. conversions: those of the result's columns.
    """

    text: str
    names: frozenset[str]
    places: tuple[tuple[str | None, Any], ...]
    row: Callable[[Iterable[Any]], Any] | None
    conversions: tuple[tuple[int, Convert], ...]

    def arguments(self, parameters: Mapping[str, Any]) -> list[Any]:
        """Return the driver's arguments; raises TypeError for a missing or unknown parameter."""
        if parameters.keys() != self.names:
            wrong = ", ".join(sorted(parameters.keys() ^ self.names))
            raise TypeError(f"missing or unknown parameters: {wrong}")
        return [
            convert if name is None else parameters[name] if convert is None else convert(parameters[name])
            for name, convert in self.places
        ]

    def read(self, rows: Sequence[Sequence[Any]]) -> list[Any]:
        """Return the driver's rows as named tuples, converted to the columns' types."""
        if self.row is None:
            return []
        if not self.conversions:
            return [self.row(row) for row in rows]
        return [self.row(self._converted(row)) for row in rows]

    def _converted(self, row: Sequence[Any]) -> list[Any]:
        values = list(row)
        for place, convert in self.conversions:
            values[place] = convert(values[place])
        return values


def compile_for(dialect: Dialect, clause: ClauseElement) -> Compiled:
    """Compile a statement; raises sqlalchemy.exc.CompileError for one that the dialect cannot express."""
    compiled = cast(SQLCompiler, clause.compile(dialect=dialect))
    places = tuple(_place(dialect, compiled, name) for name in compiled.positiontup or ())
    names = frozenset(name for name, _ in places if name is not None)
    row, conversions = _columns(dialect, clause)
    return Compiled(str(compiled), names, places, row, conversions)


def _place(dialect: Dialect, compiled: SQLCompiler, name: str) -> tuple[str | None, Any]:
    bind = compiled.binds[name]
    if bind.expanding:
        raise TypeError("the statement's text depends on the length of a list: use `among` or `one_of`")
    convert = bind.type.dialect_impl(dialect).bind_processor(dialect)
    if bind.required:
        # Several arguments may come from one parameter (core.db.listing).
        return name.partition(":")[0], convert
    value = bind.effective_value
    return None, value if convert is None else convert(value)


def _columns(
    dialect: Dialect, clause: ClauseElement
) -> tuple[Callable[[Iterable[Any]], Any] | None, tuple[tuple[int, Convert], ...]]:
    columns = list(getattr(clause, "exported_columns", ()))
    if not columns:
        return None, ()
    row = namedtuple("Row", [column.key for column in columns], rename=True)  # type: ignore[misc]
    found = (column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns)
    return row._make, tuple((place, convert) for place, convert in enumerate(found) if convert is not None)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Micros(TypeDecorator[datetime]):
    """An aware time, exact to the microsecond in both databases and in every time zone."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> int | None:
        """Return the number to store; raises TypeError for a time without a time zone."""
        return None if value is None else to_micros(value)

    def process_result_value(self, value: int | None, dialect: Any) -> datetime | None:
        """Return the time in UTC."""
        return None if value is None else from_micros(value)


class Day(TypeDecorator[date]):
    """A day as YYYY-MM-DD text, which sorts by date."""

    impl = String(10)
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Any) -> str | None:
        """Return the text to store."""
        return None if value is None else value.isoformat()

    def process_result_value(self, value: str | None, dialect: Any) -> date | None:
        """Return the day."""
        return None if value is None else date.fromisoformat(value)


def to_micros(value: datetime) -> int:
    """Return an aware time as it is stored."""
    return (value - _EPOCH) // _MICROSECOND


def from_micros(value: int) -> datetime:
    """Return a stored time in UTC."""
    return _EPOCH + value * _MICROSECOND


def for_change(query: Select[Any], *, of: Table | None = None) -> Select[Any]:
    """Lock the rows of a query, or only those of one table; other acts must wait to change them.

    No effect on SQLite, which has one writer at a time.
    """
    return query.with_for_update(key_share=True, of=of)


def for_change_unless_locked(query: Select[Any], *, of: Table | None = None) -> Select[Any]:
    """Lock the rows of a query, skipping rows that another act has locked."""
    return query.with_for_update(key_share=True, skip_locked=True, of=of)


class lock_of_number(FunctionElement[int]):
    """Lock a number until the act ends, whether or not a row has it; SQLite has one writer at a time."""

    type = BigInteger()
    inherit_cache = False


@compiles(lock_of_number, "postgresql")
def _advisory(element: lock_of_number, compiler: SQLCompiler, **options: Any) -> str:
    return f"pg_advisory_xact_lock({compiler.process(element.clauses, **options)})"


@compiles(lock_of_number, "sqlite")
def _nothing(element: lock_of_number, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


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
    def writes(self) -> bool:
        """Whether it changes rows."""
        return bool(getattr(self.clause, "is_dml", False))

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
