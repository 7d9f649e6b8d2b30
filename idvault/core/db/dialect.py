"""Compiles a statement for one database: its text, its arguments, its rows."""

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import ClauseElement
from sqlalchemy.dialects.postgresql.asyncpg import dialect as postgresql_dialect
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.dialects.sqlite.pysqlite import dialect as sqlite_dialect
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler

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
