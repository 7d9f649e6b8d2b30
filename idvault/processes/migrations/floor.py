"""The oldest program that each database serves, by its schema version: what contracting migrations leave.

A program that knows less than its database reads it at its start (branch.Branch.check).
"""

from collections.abc import Sequence

from sqlalchemy import Column, Connection, MetaData, String, Table, func, insert, select

from idvault.core import tables as metadata
from idvault.core.db.statement import Statement, statement
from idvault.processes.migrations.branch import Migration


def _floors(of: MetaData) -> Table:
    return Table("schema_floors", of, Column("oldest_program", String(32), primary_key=True))


main_floors = _floors(metadata.main)
shred_floors = _floors(metadata.shred)

# The two tables have the same name: one statement serves both databases.
_HIGHEST = select(func.max(main_floors.c.oldest_program))
HIGHEST: Statement[str] = statement(_HIGHEST, lambda row: row[0] or "")


def highest(connection: Connection) -> str:
    """Return the floor of a database whose version is newer than this program; "" for any program."""
    return connection.execute(_HIGHEST).scalar() or ""


def raise_to(connection: Connection, steps: Sequence[Migration]) -> None:
    """Store what the migrations that have run leave."""
    known = set(connection.execute(select(main_floors.c.oldest_program)).scalars())
    for floor in sorted({each.oldest_program for each in steps} - known - {""}):
        connection.execute(insert(main_floors).values(oldest_program=floor))
