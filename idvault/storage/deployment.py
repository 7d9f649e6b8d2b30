"""The identity of a deployment, kept in both databases (ports.deployment)."""

import asyncio

from sqlalchemy import Column, MetaData, SmallInteger, String, Table, select

from idvault.domain.error import PreconditionError, Reason
from idvault.storage.base.connection import Connection
from idvault.storage.base.database import Database
from idvault.storage.base.metadata import main, shred
from idvault.storage.dialect import insert_if_absent

_ONLY = 1
_LOOKS, _PAUSE = 20, 0.1


def _deployment(metadata: MetaData) -> Table:
    return Table(
        "deployment",
        metadata,
        Column("singleton", SmallInteger, primary_key=True, autoincrement=False),
        Column("deployment_id", String(64), nullable=False),
    )


main_deployment = _deployment(main)
shred_deployment = _deployment(shred)


class DeploymentMismatchError(PreconditionError):
    """The two databases are not of one deployment."""

    def __init__(self) -> None:
        """Say what an operator should do; no id is in it."""
        super().__init__(Reason.ILLEGAL_TRANSITION)
        self.args = (
            "the main and the shred database are not of one deployment: check both addresses; if the very "
            "first `idvault db upgrade` was cut short, both are still empty and can be made anew",
        )


class SqlDeploymentStore:
    """The one id that the main and the shred database must share."""

    def __init__(self, *, main: Database, shred: Database) -> None:
        """Take both databases."""
        self._main = main
        self._shred = shred

    async def ensure(self, *, candidate: str) -> str:
        """Give both databases one deployment id if neither has one; return it."""

        async def ensure(connection: Connection) -> tuple[bool, str | None]:
            new = await insert_if_absent(
                connection, main_deployment, singleton=_ONLY, deployment_id=candidate
            )
            return new, await _id(connection, main_deployment)

        if await self._ensure_shred(None) is not None:  # a new main database beside an old one is a mistake
            return await self.check()
        new, kept = await self._main.act("deployment.ensure", ensure)
        return _same(kept, await (self._ensure_shred(kept) if new else self._kept_by_shred()))

    async def _kept_by_shred(self) -> str | None:
        """Return the other database's id; waits a moment for a process that has just given it to this one."""
        for _ in range(_LOOKS):
            kept = await self._ensure_shred(None)
            if kept is not None:
                break
            await asyncio.sleep(_PAUSE)
        return kept

    async def check(self) -> str:
        """Return the id that both have; raises PreconditionError otherwise, also if neither has one."""
        kept = await self._main.read("deployment.check", lambda connection: _id(connection, main_deployment))
        return _same(kept, await self._ensure_shred(None))

    async def _ensure_shred(self, candidate: str | None) -> str | None:
        if candidate is None:
            return await self._shred.read(
                "deployment.check", lambda connection: _id(connection, shred_deployment)
            )
        return await self._shred.act("deployment.ensure", lambda connection: _ensure(connection, candidate))


async def _ensure(connection: Connection, candidate: str) -> str | None:
    await insert_if_absent(connection, shred_deployment, singleton=_ONLY, deployment_id=candidate)
    return await _id(connection, shred_deployment)


async def _id(connection: Connection, table: Table) -> str | None:
    found: str | None = (await connection.execute(select(table.c.deployment_id))).scalar_one_or_none()
    return found


def _same(main: str | None, shred: str | None) -> str:
    """Return the id of both, or raise PreconditionError: writing would lose records."""
    if main is None or main != shred:
        raise DeploymentMismatchError
    return main
