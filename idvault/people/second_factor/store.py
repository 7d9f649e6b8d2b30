"""Second factors of roster members: every attempt and every step is a separate act."""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row, or_, select, update

from idvault.core import log_entry
from idvault.core import person_request as member_request
from idvault.core.db.act import act
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.locking import for_change
from idvault.core.db.statement import param, statement, upsert
from idvault.core.request import Request
from idvault.core.second_factor import Cause, SecondFactorError, Tries
from idvault.core.tables.people import second_factors
from idvault.people.second_factor import rules
from idvault.people.second_factor.ports import SecondFactor
from idvault.sealing.ports import FreshSecret
from idvault.verify.clock import ClockReading
from idvault.verify.event import Event


def _from_row(row: Row[Any]) -> SecondFactor:
    tries = Tries(row.tries, row.locks, row.locked_until)
    return SecondFactor(row.actor_id, row.active, row.pending, row.last_step, tries)


_CLEARED: dict[str, Any] = {"tries": 0, "locks": 0, "locked_until": None}
_OWN = second_factors.c.actor_id == param("member")
_LATER = or_(second_factors.c.last_step.is_(None), second_factors.c.last_step < param("step"))

_FIND = statement(select(second_factors).where(_OWN), _from_row)
_LOCK = statement(for_change(select(second_factors).where(_OWN)), _from_row)
_BEGIN = statement(
    upsert(second_factors)
    .values(actor_id=param("member"), pending=param("secret"), **_CLEARED)
    .on_conflict_do_update(index_elements=[second_factors.c.actor_id], set_={"pending": param("secret")})
)
_CHARGE = statement(
    update(second_factors)
    .where(_OWN)
    .values(tries=param("tries"), locks=param("locks"), locked_until=param("locked_until"))
)
_ACCEPT = statement(
    update(second_factors)
    .where(_OWN, second_factors.c.active == param("secret"), _LATER)
    .values(last_step=param("step"), **_CLEARED)
)
_CONFIRM = statement(
    update(second_factors)
    .where(_OWN, second_factors.c.pending == param("secret"))
    .values(active=param("secret"), pending=None, last_step=param("step"), **_CLEARED)
)


@dataclass(kw_only=True, eq=False, repr=False)
class SqlSecondFactorStore:
    """Second factors in the main database, one row per roster member."""

    database: Database

    async def find(self, *, actor_id: str) -> SecondFactor | None:
        """Return a member's second factor."""
        return await self.database.one("second_factor.find", _FIND, member=actor_id)

    @act("second_factor.begin")
    async def begin(
        self,
        connection: Connection,
        *,
        actor_id: str,
        fresh: FreshSecret,
        request: Request,
        now: ClockReading,
        event: Event,
    ) -> bytes:
        """Store a pending secret, replacing a previous one, with its event; return the answer."""
        former = await member_request.remember(connection, request, now=now, answer=fresh.for_member)
        if former is not None:
            return former
        await connection.run(_BEGIN, member=actor_id, secret=fresh.at_rest)
        await log_entry.append(connection, event)
        return fresh.for_member

    @act("second_factor.charge")
    async def charge(
        self, connection: Connection, *, actor_id: str, now: ClockReading, event: Event
    ) -> SecondFactor:
        """Charge one try and return the second factor to compare with; durable before it returns."""
        found = await connection.one(_LOCK, member=actor_id)
        if found is None:
            raise SecondFactorError(Cause.NOT_ENROLLED)
        tries = rules.charge(tries=found.tries, now=now.real)
        await connection.run(
            _CHARGE, member=actor_id, tries=tries.count, locks=tries.locks, locked_until=tries.locked_until
        )
        if tries.locked_until is not None:
            await log_entry.append(connection, event.with_fields(locked_until=tries.locked_until.isoformat()))
        return replace(found, tries=tries)

    @act("second_factor.accept")
    async def accept(self, connection: Connection, *, actor_id: str, secret: bytes, step: int) -> bool:
        """Spend a step of the active secret and clear the tries; True if this call spent it."""
        return bool(await connection.run(_ACCEPT, member=actor_id, secret=secret, step=step))

    @act("second_factor.confirm")
    async def confirm(
        self,
        connection: Connection,
        *,
        actor_id: str,
        secret: bytes,
        step: int,
        request: Request,
        now: ClockReading,
        event: Event,
    ) -> bool:
        """Activate the pending secret, spend its step, clear the tries, and log the event."""
        if not await connection.run(_CONFIRM, member=actor_id, secret=secret, step=step):
            return await member_request.find(connection, request) is not None
        await member_request.remember(connection, request, now=now)
        await log_entry.append(connection, event)
        return True
