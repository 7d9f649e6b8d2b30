"""A table with every column type of the schema, for tests of statements."""

from sqlalchemy import BigInteger, Column, LargeBinary, MetaData, String, Table, text
from sqlalchemy.schema import CreateTable

from idvault.core.db.database import Database
from idvault.core.db.sqlite import Sqlite
from idvault.core.db.statement import POSTGRESQL, SQLITE, Day, Micros, statement

samples = Table(
    "samples",
    MetaData(),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("word", String(4)),
    Column("octets", LargeBinary),
    Column("day", Day),
    Column("at", Micros),
)


async def create(database: Database, table: Table = samples) -> None:
    """Create the table, or another one."""
    dialect = SQLITE if isinstance(database._driver, Sqlite) else POSTGRESQL
    made = statement(text(str(CreateTable(table).compile(dialect=dialect))))
    await database.act("test", lambda connection: connection.all(made))
