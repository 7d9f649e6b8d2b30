"""A database's plan for a statement."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text

from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.postgresql import Postgresql
from idvault.core.db.postgresql_connection import PostgresqlConnection
from idvault.core.db.statement import Statement, statement

Hot = tuple[Statement[Any], dict[str, Any], str, str]
"""A statement, its parameters, and its index: as SQLite's plan names it, and as PostgreSQL's does."""

_NO_SCANS = statement(text("SET LOCAL enable_seqscan = off"))  # otherwise PostgreSQL scans small tables


async def plan_of(
    database: Database, asked: Statement[Any], *, scans: bool = False, **parameters: Any
) -> str:
    """Return the plan of a statement as the database's text. scans: whether PostgreSQL may scan a table."""

    async def explain(connection: Connection) -> str:
        explained = "EXPLAIN QUERY PLAN"
        if isinstance(connection, PostgresqlConnection):
            if not scans:
                await connection.all(_NO_SCANS)
            explained = "EXPLAIN"
        compiled = connection.compiled(asked)
        rows = await connection._fetch(f"{explained} {compiled.text}", compiled.arguments(parameters))
        return "\n".join(str(row[-1]) for row in rows)

    return await database.act("test", explain)


async def check_index(
    database: Database, hot: Hot, *, never: Sequence[str] = ("TEMP B-TREE",), but: Sequence[str] = ()
) -> None:
    """Assert that a statement finds its rows by its index.

    never: what SQLite, which has no statistics, must not do besides; by default, sort. but: what it may.
    """
    asked, parameters, sqlite, postgres = hot
    plan = await plan_of(database, asked, **parameters)
    if isinstance(database._driver, Postgresql):
        assert postgres in plan
        assert "Seq Scan" not in plan
        return
    assert sqlite in plan
    for each in but:
        plan = plan.replace(each, "")
    assert not [each for each in never if each in plan]
