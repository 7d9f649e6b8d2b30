"""The identity of a deployment, kept in both databases."""

from sqlalchemy import Column, MetaData, SmallInteger, String, Table, select

from idvault.core import tables as metadata
from idvault.core.db.connection import Connection
from idvault.core.db.statement import Statement, scalar, statement, upsert

_ONLY = 1


def _deployment(of: MetaData) -> Table:
    return Table(
        "deployment",
        of,
        Column("singleton", SmallInteger, primary_key=True, autoincrement=False),
        Column("deployment_id", String(64), nullable=False),
    )


main_deployment = _deployment(metadata.main)
shred_deployment = _deployment(metadata.shred)

# One statement serves both databases: the two tables have the same name.
FIND: Statement[str] = statement(select(main_deployment.c.deployment_id), scalar)
_ADD = statement(
    upsert(main_deployment)
    .on_conflict_do_nothing(index_elements=[main_deployment.c.singleton])
    .returning(main_deployment.c.singleton)
)


async def keep(connection: Connection, candidate: str) -> tuple[bool, str]:
    """Store an id unless the database has one; return whether it is new, and what is stored."""
    new = await connection.one(_ADD, singleton=_ONLY, deployment_id=candidate) is not None
    return new, await connection.only(FIND)
