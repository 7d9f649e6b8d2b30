"""The first schema of the main database, as it was: later migrations change the database, never these files.

The tables that programs use stand in `core.tables`; a test compares them with what all migrations make.
"""

from typing import Any

from sqlalchemy import Connection, Index, MetaData, text
from sqlalchemy.schema import CreateIndex, CreateTable

MAIN = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)


_INDEXES: list[Index] = []


def index(name: str | None, *columns: str, **options: Any) -> Index:
    """Return an index of a table, which is made after those that stand before it: planners settle ties so."""
    _INDEXES.append(Index(name, *columns, **options))
    return _INDEXES[-1]


def create(connection: Connection) -> None:
    """Create every table, and then the indexes."""
    for table in MAIN.sorted_tables:
        connection.execute(CreateTable(table))
    for each in _INDEXES:
        connection.execute(CreateIndex(each))


def only(condition: str) -> dict[str, Any]:
    """Return what limits an index to some rows, in both kinds of databases."""
    return {f"{name}_where": text(condition) for name in ("postgresql", "sqlite")}
