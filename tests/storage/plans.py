"""A database's plan for a statement."""

from typing import Any

from sqlalchemy import text

from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.postgresql_connection import PostgresqlConnection
from idvault.core.db.statement import Statement, statement

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
