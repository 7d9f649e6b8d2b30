"""The people's second factors (ports.second_factor): every try and every step is one act of its own."""

from typing import Any

from sqlalchemy import Row, or_, select, update

from idvault.domain import second_factor as rules
from idvault.domain.error import DeniedError, Reason
from idvault.domain.event import Event
from idvault.domain.moment import Moment
from idvault.domain.request import Request
from idvault.domain.second_factor import Tries
from idvault.ports.second_factor import FreshSecret, SecondFactor
from idvault.storage.base.connection import Connection
from idvault.storage.base.database import Database
from idvault.storage.base.locking import for_change
from idvault.storage.dialect import insert_if_absent
from idvault.storage.log import entry as log
from idvault.storage.people import request as person_request
from idvault.storage.people.tables import second_factors

_CLEARED: dict[str, Any] = {"tries": 0, "locks": 0, "locked_until": None}


class SqlSecondFactorStore:
    """Second factors in the main database, one row for a person."""

    def __init__(self, *, database: Database) -> None:
        """Take the main database."""
        self._database = database

    async def find(self, *, actor_id: str) -> SecondFactor | None:
        """Return a person's second factor."""
        query = select(second_factors).where(second_factors.c.actor_id == actor_id)

        async def read(connection: Connection) -> SecondFactor | None:
            row = (await connection.execute(query)).first()
            return None if row is None else _from_row(row)

        return await self._database.read("second_factor.find", read)

    async def begin(
        self, *, actor_id: str, fresh: FreshSecret, request: Request, now: Moment, event: Event
    ) -> bytes:
        """Store a pending secret in the place of a former one, with its event; return the answer to give."""

        async def work(connection: Connection) -> bytes:
            former = await person_request.remember(connection, request, now=now, answer=fresh.for_person)
            if former is not None:
                return former
            await insert_if_absent(connection, second_factors, actor_id=actor_id, **_CLEARED)
            await _update(connection, actor_id, pending=fresh.at_rest)
            await log.append(connection, event)
            return fresh.for_person

        return await self._database.act("second_factor.begin", work)

    async def charge(self, *, actor_id: str, now: Moment, event: Event) -> SecondFactor:
        """Charge one try and return what to compare with; durable before it returns."""
        return await self._database.act(
            "second_factor.charge", lambda connection: _charge(connection, actor_id, now, event)
        )

    async def accept(self, *, actor_id: str, secret: bytes, step: int) -> bool:
        """Spend a step of the active secret and clear the tries; True if this call was the one."""
        later = or_(second_factors.c.last_step.is_(None), second_factors.c.last_step < step)
        statement = (
            update(second_factors)
            .where(second_factors.c.actor_id == actor_id, second_factors.c.active == secret, later)
            .values(last_step=step, **_CLEARED)
        )

        async def work(connection: Connection) -> bool:
            return bool((await connection.execute(statement)).rowcount)

        return await self._database.act("second_factor.accept", work)

    async def confirm(
        self, *, actor_id: str, secret: bytes, step: int, request: Request, now: Moment, event: Event
    ) -> bool:
        """Make the pending secret the active one, its step spent, the tries cleared, with the event."""
        statement = (
            update(second_factors)
            .where(second_factors.c.actor_id == actor_id, second_factors.c.pending == secret)
            .values(active=secret, pending=None, last_step=step, **_CLEARED)
        )

        async def work(connection: Connection) -> bool:
            if not (await connection.execute(statement)).rowcount:
                return await person_request.find(connection, request) is not None
            await person_request.remember(connection, request, now=now)
            await log.append(connection, event)
            return True

        return await self._database.act("second_factor.confirm", work)


async def _charge(connection: Connection, actor_id: str, now: Moment, event: Event) -> SecondFactor:
    query = select(second_factors).where(second_factors.c.actor_id == actor_id)
    row = (await connection.execute(for_change(query))).first()
    if row is None:
        raise DeniedError(Reason.SECOND_FACTOR_REFUSED)
    tries = rules.charge(tries=_tries(row), now=now.real)
    await _update(connection, actor_id, tries=tries.count, locks=tries.locks, locked_until=tries.locked_until)
    if tries.locked_until is not None:
        await log.append(connection, event.with_fields(locked_until=tries.locked_until.isoformat()))
    return _from_row(row)


async def _update(connection: Connection, actor_id: str, **values: Any) -> None:
    await connection.execute(
        update(second_factors).where(second_factors.c.actor_id == actor_id).values(**values)
    )


def _tries(row: Row[Any]) -> Tries:
    return Tries(row.tries, row.locks, row.locked_until)


def _from_row(row: Row[Any]) -> SecondFactor:
    return SecondFactor(row.actor_id, row.active, row.pending, row.last_step, _tries(row))
