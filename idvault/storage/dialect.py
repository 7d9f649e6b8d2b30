"""The little that the two databases spell differently."""

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite

from idvault.storage.base.connection import Connection


def insert(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """Return an INSERT that knows ON CONFLICT."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


async def insert_if_absent(connection: Connection, table: Table, **values: object) -> bool:
    """Insert a row and return True, or return False where one with its primary key is already stored.

    Waits for another step that inserts the same row, until that one is known to be durable or undone.
    """
    key = list(table.primary_key)
    statement = (
        insert(connection, table)
        .values(**values)
        .on_conflict_do_nothing(index_elements=key)
        .returning(key[0])
    )
    return (await connection.execute(statement)).first() is not None
