"""The identity of a deployment, kept in both databases (processes.deployment.ports)."""

import asyncio
from dataclasses import dataclass

from sqlalchemy import Column, MetaData, SmallInteger, String, Table, select

from idvault.core import tables as metadata
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import Statement, scalar, statement, upsert
from idvault.verify.error import PreconditionError, Reason

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

# One statement serves both databases: the two tables have the same name.
_FIND: Statement[str] = statement(select(main_deployment.c.deployment_id), scalar)
_ADD = statement(
    upsert(main_deployment)
    .on_conflict_do_nothing(index_elements=[main_deployment.c.singleton])
    .returning(main_deployment.c.singleton)
)


class DeploymentMismatchError(PreconditionError):
    """The two databases do not belong to the same deployment."""

    def __init__(self) -> None:
        """Tell the operator what to do, without naming an id."""
        super().__init__(Reason.ILLEGAL_TRANSITION)
        self.args = (
            "the main and the shred database do not belong to the same deployment: check both addresses; if "
            "the very first `idvault db upgrade` was interrupted, both are still empty and can be recreated",
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
        """Return the shred database's id; waits up to 2 s for another process that is still storing it."""
        for _ in range(_LOOKS):
            kept = await _kept(self.shred)
            if kept is not None:
                break
            await asyncio.sleep(_PAUSE)
        return kept

    async def check(self) -> str:
        """Return the id of both; raises PreconditionError if the ids differ or one is missing."""
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
    """Return the common id, or raise PreconditionError: writing would make records unreadable."""
    if main is None or main != shred:
        raise DeploymentMismatchError
    return main
