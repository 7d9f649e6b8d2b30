"""Lists as one parameter (an array on PostgreSQL, JSON on SQLite): one text serves every length."""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import Boolean, ColumnElement, LargeBinary, String, Subquery, bindparam, literal, select
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine, UserDefinedType

Convert = Callable[[Any], Any]


def among(element: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Return the condition that a column's value is in the list passed as parameter `name`."""
    return _Among(element, name)


def among_words(element: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Return the same condition for a list of texts without commas; PostgreSQL gets them as one text.

    For lists of a thousand: to write an array costs the driver twice as much as to read the rows.
    """
    return _AmongWords(element, name)


def one_of(element: ColumnElement[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    """Return the condition that a column's value is one of some constants."""
    return element.in_([literal(value, element.type) for value in values])


def listed(name: str, **columns: type[TypeEngine[Any]] | TypeEngine[Any]) -> Subquery:
    """Return the rows passed as parameter `name`, a sequence of tuples, as a table with these columns.

    For UPDATE … FROM and INSERT … SELECT of many rows in one statement. columns: name to SQL type.
    """
    types = [type_() if isinstance(type_, type) else type_ for type_ in columns.values()]
    cells = [_Cell(name, place, type_) for place, type_ in enumerate(types)]
    labelled = [cell.label(key) for cell, key in zip(cells, columns, strict=True)]
    return select(*labelled).select_from(_RowsGiven(name, types).table_valued(name="given")).subquery(name)


class as_one_text(FunctionElement[str]):
    """The texts of all rows as one, separated by commas; NULL without rows."""

    type = String()
    inherit_cache = False


class _List(UserDefinedType[Any]):
    """Converts a whole list for the driver."""

    cache_ok = False

    def __init__(self, convert: Convert) -> None:
        self.convert = convert

    def bind_processor(self, dialect: Dialect) -> Convert:
        return self.convert


class _Among(FunctionElement[bool]):
    type = Boolean()
    inherit_cache = False

    def __init__(self, element: ColumnElement[Any], parameter: str) -> None:
        super().__init__(element)
        self.element = element
        self.parameter = parameter

    def self_group(self, against: Any = None) -> "_Among":
        # Stays a bare condition: with the `= 1` that SQLite adds to booleans it would not use an index.
        return self


class _AmongWords(_Among):
    inherit_cache = False


class _Cell(FunctionElement[Any]):
    inherit_cache = False

    def __init__(self, parameter: str, place: int, type_: TypeEngine[Any]) -> None:
        super().__init__()
        self.parameter, self.place, self.type = parameter, place, type_


class _RowsGiven(FunctionElement[Any]):
    inherit_cache = False

    def __init__(self, parameter: str, types: Sequence[TypeEngine[Any]]) -> None:
        super().__init__()
        self.parameter, self.types = parameter, types


@compiles(as_one_text, "postgresql")
def _text_of_postgresql(element: as_one_text, compiler: SQLCompiler, **options: Any) -> str:
    return f"string_agg({compiler.process(element.clauses, **options)}, ',')"


@compiles(as_one_text, "sqlite")
def _text_of_sqlite(element: as_one_text, compiler: SQLCompiler, **options: Any) -> str:
    return f"group_concat({compiler.process(element.clauses, **options)}, ',')"


@compiles(_Among, "postgresql")
def _among_array(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    array = _array(compiler, element.parameter, element.element.type, lambda values: values)
    return f"{compiler.process(element.element, **options)} = ANY({array})"


@compiles(_AmongWords, "postgresql")
def _among_words(element: _AmongWords, compiler: SQLCompiler, **options: Any) -> str:
    text = _parameter(compiler, element.parameter, ",".join)
    return f"{compiler.process(element.element, **options)} = ANY(string_to_array(CAST({text} AS TEXT), ','))"


@compiles(_Among, "sqlite")
def _among_json(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    type_ = element.element.type
    convert = _converter(type_, compiler.dialect)
    values = _parameter(compiler, element.parameter, lambda given: _json([convert(one) for one in given]))
    value = _from_json(type_, "value")
    column = compiler.process(element.element, **options)
    return f"{column} IN (SELECT {value} FROM json_each({values}))"  # noqa: S608 - text of the compiler


@compiles(_Cell, "postgresql")
def _cell_of_array(element: _Cell, compiler: SQLCompiler, **_options: Any) -> str:
    place = element.place
    # One parameter becomes one array per column; the arrays share the part of their names before the colon.
    name = f"{element.parameter}:{place}"
    return f"unnest({_array(compiler, name, element.type, lambda rows: [row[place] for row in rows])})"


@compiles(_Cell, "sqlite")
def _cell_of_json(element: _Cell, _compiler: SQLCompiler, **_options: Any) -> str:
    return _from_json(element.type, f"json_extract(value, '$[{element.place}]')")


@compiles(_RowsGiven, "postgresql")
def _no_rows(_element: _RowsGiven, _compiler: SQLCompiler, **_options: Any) -> str:
    return "generate_series(1, 1)"  # unnest yields the rows; FROM is required


@compiles(_RowsGiven, "sqlite")
def _rows_of_json(element: _RowsGiven, compiler: SQLCompiler, **_options: Any) -> str:
    converts = [_converter(type_, compiler.dialect) for type_ in element.types]

    def as_json(rows: Iterable[Sequence[Any]]) -> str:
        return _json([[c(v) for c, v in zip(converts, row, strict=True)] for row in rows])

    return f"json_each({_parameter(compiler, element.parameter, as_json)})"


def _parameter(compiler: SQLCompiler, name: str, convert: Convert) -> str:
    return compiler.process(bindparam(name, type_=_List(convert)))


def _array(compiler: SQLCompiler, name: str, type_: TypeEngine[Any], values: Convert) -> str:
    convert = _converter(type_, compiler.dialect)
    parameter = _parameter(compiler, name, lambda given: [convert(one) for one in values(given)])
    # The type is spelled without its length: PostgreSQL silently truncates values cast to VARCHAR(31)[].
    spelled = compiler.dialect.type_compiler_instance.process(type_.dialect_impl(compiler.dialect))
    return f"CAST({parameter} AS {spelled.partition('(')[0]}[])"


def _converter(type_: TypeEngine[Any], dialect: Dialect) -> Convert:
    convert = type_.dialect_impl(dialect).bind_processor(dialect)
    return _same if convert is None else lambda value: None if value is None else convert(value)


def _same(value: Any) -> Any:
    return value


def _from_json(type_: TypeEngine[Any], value: str) -> str:
    return f"unhex({value})" if isinstance(type_, LargeBinary) else value


def _json(values: Sequence[Any]) -> str:
    return json.dumps(values, default=bytes.hex)
