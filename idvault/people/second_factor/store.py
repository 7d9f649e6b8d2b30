"""Rows of roster members' second factors."""

from typing import Any

from sqlalchemy import Row, or_, select, update

from idvault.core.db.connection import Connection
from idvault.core.db.statement import for_change, param, statement, upsert
from idvault.core.second_factor import Tries
from idvault.core.tables.people import second_factors
from idvault.people.second_factor.rules import SecondFactor


def _from_row(row: Row[Any]) -> SecondFactor:
    tries = Tries(row.tries, row.locks, row.locked_until)
    return SecondFactor(row.actor_id, row.active, row.pending, row.last_step, tries)


_CLEARED: dict[str, Any] = {"tries": 0, "locks": 0, "locked_until": None}
_OWN = second_factors.c.actor_id == param("member")
_LATER = or_(second_factors.c.last_step.is_(None), second_factors.c.last_step < param("step"))

FIND = statement(select(second_factors).where(_OWN), _from_row)
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


async def lock(connection: Connection, actor_id: str) -> SecondFactor | None:
    """Return a member's second factor, locked."""
    return await connection.one(_LOCK, member=actor_id)


async def begin(connection: Connection, actor_id: str, secret: bytes) -> None:
    """Store a pending secret, in place of a former one; the active secret, its step and the tries stay."""
    await connection.run(_BEGIN, member=actor_id, secret=secret)


async def put_tries(connection: Connection, actor_id: str, tries: Tries) -> None:
    """Store the tries of a locked second factor."""
    await connection.run(
        _CHARGE, member=actor_id, tries=tries.count, locks=tries.locks, locked_until=tries.locked_until
    )


async def accept(connection: Connection, actor_id: str, secret: bytes, *, step: int) -> bool:
    """Spend a step of the active secret and clear the tries; True if this call spent it.

    Compare-and-set: changes nothing unless the secret is the active one and the step a later one.
    """
    return bool(await connection.run(_ACCEPT, member=actor_id, secret=secret, step=step))


async def confirm(connection: Connection, actor_id: str, secret: bytes, *, step: int) -> bool:
    """Make the pending secret the active one, spend the step and clear the tries; False if it is another."""
    return bool(await connection.run(_CONFIRM, member=actor_id, secret=secret, step=step))
