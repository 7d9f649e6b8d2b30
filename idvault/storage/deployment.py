"""The identity of a deployment, kept in both databases (ports.deployment)."""

import asyncio
from dataclasses import dataclass

from sqlalchemy import Column, MetaData, SmallInteger, String, Table, select

from idvault.domain.error import PreconditionError, Reason
from idvault.storage.base import metadata
from idvault.storage.base.connection import Connection
from idvault.storage.base.database import Database
from idvault.storage.base.statement import Statement, scalar, statement, upsert

_ONLY = 1
_LOOKS, _PAUSE = 20, 0.1


def _deployment(of: MetaData) -> Table:
    return Table(
        "deployment",
        of,
        Column("singleton", SmallInteger, primary_key=True, autoincrement=False),
        Column("deployment_id", String(64), nullable=False),
    )


main_deployment = _deployment(metadata.main)
shred_deployment = _deployment(metadata.shred)

# One text for both databases: the two tables are called alike.
_FIND: Statement[str] = statement(select(main_deployment.c.deployment_id), scalar)
_ADD = statement(
    upsert(main_deployment)
    .on_conflict_do_nothing(index_elements=[main_deployment.c.singleton])
    .returning(main_deployment.c.singleton)
)


class DeploymentMismatchError(PreconditionError):
    """The two databases are not of one deployment."""

    def __init__(self) -> None:
        """Say what an operator should do; no id is in it."""
        super().__init__(Reason.ILLEGAL_TRANSITION)
        self.args = (
            "the main and the shred database are not of one deployment: check both addresses; if the very "
            "first `idvault db upgrade` was cut short, both are still empty and can be made anew",
        )


@dataclass(kw_only=True, eq=False, repr=False)
class SqlDeploymentStore:
    """The one id that the main and the shred database must share."""

    main: Database
    shred: Database

    async def ensure(self, *, candidate: str) -> str:
        """Give both databases one deployment id if neither has one; return it."""
        if await _kept(self.shred) is not None:  # a new main database beside an old one is a mistake
            return await self.check()
        new, kept = await _ensure(self.main, candidate)
        return _same(kept, (await _ensure(self.shred, kept))[1] if new else await self._awaited())

    async def _awaited(self) -> str | None:
        """Return the other database's id; waits a moment for a process that has just given it to this one."""
        for _ in range(_LOOKS):
            kept = await _kept(self.shred)
            if kept is not None:
                break
            await asyncio.sleep(_PAUSE)
        return kept

    async def check(self) -> str:
        """Return the id that both have; raises PreconditionError otherwise, also if neither has one."""
        return _same(await _kept(self.main), await _kept(self.shred))


async def _kept(database: Database) -> str | None:
    return await database.one("deployment.check", _FIND)


async def _ensure(database: Database, candidate: str) -> tuple[bool, str]:
    """Store an id unless the database has one; return whether it is new, and what is stored."""

    async def work(connection: Connection) -> tuple[bool, str]:
        new = await connection.one(_ADD, singleton=_ONLY, deployment_id=candidate) is not None
        (stored,) = await connection.all(_FIND)
        return new, stored

    return await database.act("deployment.ensure", work)


def _same(main: str | None, shred: str | None) -> str:
    """Return the id of both, or raise PreconditionError: writing would lose records."""
    if main is None or main != shred:
        raise DeploymentMismatchError
    return main
