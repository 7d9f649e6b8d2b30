"""Rows of sanctions that must be narrowed."""

from datetime import datetime

from sqlalchemy import Integer, String, delete, exists, func, literal_column, select, update

from idvault.account.store import withdrawal as withdrawal_store
from idvault.core.db.connection import Connection
from idvault.core.db.deadline import PlatformDeadlines, by_platform
from idvault.core.db.statement import Statement, param, scalar, statement
from idvault.core.rows import Rows
from idvault.core.tables.public_account import public_accounts
from idvault.core.tables.sanction import narrowings, sanctions
from idvault.sanction.narrowing.rules import Narrowing
from idvault.sanction.rules import Sanction
from idvault.sanction.store.rows import ROWS as SANCTIONS
from idvault_verify.error import NotFoundError, PreconditionError, Reason
from idvault_verify.sanction import SanctionState

_IN_FORCE = sanctions.c.state == literal_column(f"'{SanctionState.IN_FORCE.value}'")
_N = narrowings.c
# Worded like the index, so that it is used.
_IS_OPEN = _N.narrowed_at.is_(None) & exists().where(
    sanctions.c.account_token == _N.account_token, sanctions.c.sanction_id == _N.sanction_id, _IN_FORCE
)
ROWS = Rows(
    Narrowing,
    narrowings,
    key="sanction_id",
    made_at="began_at",
    unknown=Reason.SANCTION_NOT_FOUND,
    states={True: _IS_OPEN},
)
_OF_ACCOUNT: Statement[Sanction] = statement(
    SANCTIONS.query.where(sanctions.c.account_token == param("token"), _IN_FORCE), SANCTIONS.from_row
)
_PUBLISHES = statement(
    select(literal_column("1")).where(
        exists().where(public_accounts.c.account_token == param("token", String))
    ),
    scalar,
)
_DROP = statement(delete(narrowings).where(_N.account_token == param("token"), _N.narrowed_at.is_(None)))
_REMAINS = statement(
    select(literal_column("1")).where(exists().where(_IS_OPEN, _N.account_token == param("token", String))),
    scalar,
)
_DETACH = statement(
    update(public_accounts)
    .where(public_accounts.c.account_token == param("token"))
    .values(person_id=withdrawal_store.NOBODY)
)
NOT_NOTED: Statement[Narrowing] = statement(
    ROWS.query.where(_IS_OPEN, _N.due_at <= param("now"), _N.overdue_at.is_(None))
    .order_by(_N.due_at)
    .limit(param("limit", Integer)),
    ROWS.from_row,
)
COUNT_OVERDUE: Statement[int] = statement(
    select(func.count()).select_from(narrowings).where(_IS_OPEN, _N.due_at <= param("now")), scalar
)
DEADLINES: Statement[PlatformDeadlines] = by_platform(
    narrowings, _N.due_at, _IS_OPEN, index="ix_narrowings_open"
)


async def of_account(connection: Connection, account_token: str) -> tuple[list[Sanction], bool]:
    """Return the sanctions in force of a locked account, and whether it has or had public accounts."""
    found = await connection.all(_OF_ACCOUNT, token=account_token)
    return found, await connection.one(_PUBLISHES, token=account_token) is not None


async def lock(connection: Connection, party: str, sanction_id: str) -> Narrowing:
    """Return a narrowing, locked with its account; raises PreconditionError (NARROWING_NOT_DUE)."""
    try:
        return await ROWS.lock(connection, party, sanction_id)
    except NotFoundError:
        raise PreconditionError(Reason.NARROWING_NOT_DUE) from None


async def drop(connection: Connection, account_token: str) -> None:
    """Delete what was not narrowed of a locked account, which is verified again."""
    await connection.run(_DROP, token=account_token)


async def detach(connection: Connection, account_token: str) -> None:
    """Unlink the public accounts of a locked account from its former person, if nothing must be narrowed."""
    if await connection.one(_REMAINS, token=account_token) is None:
        await connection.run(_DETACH, token=account_token)


async def not_noted(connection: Connection, *, now: datetime, limit: int) -> list[Narrowing]:
    """Return narrowings that are overdue and not logged as such, the longest due first."""
    return await connection.all(NOT_NOTED, now=now, limit=limit)
