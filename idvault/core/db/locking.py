"""Row locks: a row that an act has locked cannot change until the act ends."""

from typing import Any

from sqlalchemy import BigInteger, Select, Table
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


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
