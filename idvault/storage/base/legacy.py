"""Runs statements that are still built per call; goes when the last store has constants."""

from collections import namedtuple
from typing import Any

from sqlalchemy.sql.dml import UpdateBase

from idvault.storage.base.dialect import POSTGRESQL, SQLITE


class Result:
    def __init__(self, rows: list[Any], rowcount: int) -> None:
        self.rows, self.rowcount = rows, rowcount

    def __iter__(self) -> Any:
        return iter(self.rows)

    def all(self) -> list[Any]:
        return self.rows

    def first(self) -> Any:
        return self.rows[0] if self.rows else None

    def one(self) -> Any:
        assert len(self.rows) == 1
        return self.rows[0]

    def one_or_none(self) -> Any:
        assert len(self.rows) < 2
        return self.first()

    def scalar(self) -> Any:
        return self.rows[0][0] if self.rows else None

    def scalar_one(self) -> Any:
        return self.one()[0]

    def scalar_one_or_none(self) -> Any:
        return self.scalar()

    def scalars(self) -> Any:
        return Result([row[0] for row in self.rows], len(self.rows))


class _Dialect:
    def __init__(self, name: str) -> None:
        self.name = name


async def execute(connection: Any, clause: Any, parameters: Any = None) -> Result:
    dialect = SQLITE if type(connection).__name__ == "SqliteConnection" else POSTGRESQL
    many = isinstance(parameters, list)
    if many and not parameters:
        return Result([], 0)
    keys = None
    if isinstance(clause, UpdateBase) and parameters:
        keys = list(parameters[0] if many else parameters)
    elif parameters and not many:
        clause = clause.params(**parameters)
    expand = {} if many or keys else {"compile_kwargs": {"render_postcompile": True}}
    compiled = clause.compile(dialect=dialect, column_keys=keys, **expand)
    constants = compiled.params

    def arguments(row: Any) -> list[Any]:
        found = []
        for name in compiled.positiontup or ():
            value = row[name] if name in row else constants[name]
            bind = compiled.binds.get(name)
            convert = None if bind is None else bind.type.dialect_impl(dialect).bind_processor(dialect)
            found.append(convert(value) if convert else value)
        return found

    columns = list(getattr(clause, "exported_columns", ()))
    if many:
        await connection._execute_many(str(compiled), [arguments(row) for row in parameters])
        return Result([], -1)
    args = arguments(parameters or {})
    if isinstance(clause, UpdateBase) and not columns:
        return Result([], await connection._execute(str(compiled), args))
    rows = await connection._fetch(str(compiled), args)
    if not columns:
        return Result([tuple(row) for row in rows], len(rows))
    make = namedtuple("Row", [column.key for column in columns], rename=True)  # type: ignore[misc]
    converts = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
    return Result(
        [make(*(c(v) if c else v for c, v in zip(converts, row, strict=True))) for row in rows], len(rows)
    )
