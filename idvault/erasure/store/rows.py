"""Rows of erasures."""

from typing import Any

from sqlalchemy import insert, literal_column, select, update

from idvault.core.db.connection import Connection
from idvault.core.db.locking import for_change
from idvault.core.db.statement import Statement, param, statement
from idvault.core.tables.erasure import erasures
from idvault.erasure.rules import Erasure, ErasureOrigin
from idvault.verify.erasure import ErasureState


def from_row(row: Any) -> Erasure:
    """Return the erasure in a row that holds every column of `erasures`."""
    return Erasure(
        erasure_id=row.erasure_id,
        relying_party=row.relying_party,
        account_token=row.account_token,
        state=ErasureState(row.state),
        requested_at=row.requested_at,
        erase_at=row.erase_at,
        destroy_at=row.destroy_at,
        entry_id=row.entry_id,
        cancelled_at=row.cancelled_at,
        erased_at=row.erased_at,
        destroyed_at=row.destroyed_at,
        origin=None if row.origin is None else ErasureOrigin(row.origin),
        absent_from=row.absent_from,
    )


_MINE = (erasures.c.account_token == param("token")) & (erasures.c.erasure_id == param("erasure"))
_ONE: Statement[Erasure] = statement(select(erasures).where(_MINE), from_row)
_LOCK: Statement[Erasure] = statement(for_change(select(erasures).where(_MINE)), from_row)
NEWEST = (
    select(erasures)
    .where(erasures.c.account_token == param("token"))
    # One that was requested in the second in which another was cancelled is the newer one.
    .order_by(erasures.c.requested_at.desc(), erasures.c.cancelled_at.is_(None).desc())
    .limit(literal_column("1"))
)
"""The newest erasure of an account."""
_NEWEST: Statement[Erasure] = statement(NEWEST, from_row)
_ADD = statement(insert(erasures))
_LIFE = (
    "state",
    "destroy_at",
    "entry_id",
    "cancelled_at",
    "erased_at",
    "destroyed_at",
    "absent_from",
    "due_at",
    "held",
)
_PUT = statement(update(erasures).where(_MINE).values({name: param(name) for name in _LIFE}))


async def get(connection: Connection, *, account_token: str, erasure_id: str) -> Erasure:
    """Return an erasure that exists."""
    return await connection.only(_ONE, token=account_token, erasure=erasure_id)


async def lock(connection: Connection, erasure: Erasure) -> Erasure:
    """Return an erasure as it is stored now, locked; the account's row must be locked before."""
    return await connection.only(_LOCK, token=erasure.account_token, erasure=erasure.erasure_id)


async def newest(connection: Connection, *, account_token: str) -> Erasure | None:
    """Return the newest erasure of an account."""
    return await connection.one(_NEWEST, token=account_token)


async def add(connection: Connection, erasure: Erasure) -> None:
    """Insert an erasure."""
    await connection.later(
        _ADD,
        account_token=erasure.account_token,
        erasure_id=erasure.erasure_id,
        relying_party=erasure.relying_party,
        requested_at=erasure.requested_at,
        erase_at=erasure.erase_at,
        origin=erasure.origin and erasure.origin.value,
        **_life(erasure, held=False),
    )


async def put(connection: Connection, erasure: Erasure, *, held: bool = False) -> None:
    """Store the state of an erasure whose row this act has locked. held: by a sanction."""
    await connection.later(
        _PUT, token=erasure.account_token, erasure=erasure.erasure_id, **_life(erasure, held=held)
    )


def _life(erasure: Erasure, *, held: bool) -> dict[str, object]:
    return {
        "state": erasure.state.value,
        "destroy_at": erasure.destroy_at,
        "entry_id": erasure.entry_id,
        "cancelled_at": erasure.cancelled_at,
        "erased_at": erasure.erased_at,
        "destroyed_at": erasure.destroyed_at,
        "absent_from": erasure.absent_from,
        "due_at": erasure.due_at,
        "held": True if held else None,
    }
