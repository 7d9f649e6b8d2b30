"""Direct reads and changes of a database, bypassing the stores."""

from typing import Any

from sqlalchemy import ClauseElement, Table, func, select

from idvault.core.db.database import Database
from idvault.core.db.statement import statement


async def rows(database: Database, clause: ClauseElement, **parameters: Any) -> list[Any]:
    """Return the rows of a query."""
    query = statement(clause)
    return await database.read("test", lambda connection: connection.all(query, **parameters))


async def count(database: Database, table: Table) -> int:
    """Return how many rows a table has."""
    ((number,),) = await rows(database, select(func.count()).select_from(table))
    return int(number)


async def change(database: Database, clause: ClauseElement, **parameters: Any) -> None:
    """Run a statement in a separate act."""
    change = statement(clause)
    await database.act("test", lambda connection: connection.run(change, **parameters))


async def run(database: Database, text: str) -> None:
    """Run SQL text in a separate act, for statements that SQLAlchemy cannot express."""
    await database.act("test", lambda connection: connection._fetch(text, ()))
