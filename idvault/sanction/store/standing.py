"""Reads everything that sets the standing of an account, or of a public account of its.

That is: its sanctions in force, what it follows of its owner's other accounts, and a campaign's limit. A
public account has its own sanctions only.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import String, literal, literal_column, null, select, union_all

from idvault.account import rules as account_rules
from idvault.core.db.connection import Connection
from idvault.core.db.statement import Micros, Statement, param, statement
from idvault.core.tables.campaign import legacy_accounts
from idvault.core.tables.sanction import followers, sanctions
from idvault.sanction import rules as sanction_rules
from idvault.sanction.rules import Sanction
from idvault_verify.account import Account, StandingPeriod
from idvault_verify.sanction import STANDINGS, Degree, SanctionState

_NO_ID = literal("", String)
# The degree of a campaign's limit is empty.
_SOURCES: Statement[Any] = statement(
    union_all(
        select(sanctions.c.sanction_id, sanctions.c.degree, sanctions.c.end_at).where(
            sanctions.c.account_token == param("token"),
            sanctions.c.public_account_id.is_(None),
            sanctions.c.state == literal_column(f"'{SanctionState.IN_FORCE.value}'"),
        ),
        select(_NO_ID.label("sanction_id"), followers.c.degree, followers.c.end_at).where(
            followers.c.account_token == param("token")
        ),
        select(_NO_ID.label("sanction_id"), literal("", String).label("degree"), null().cast(Micros)).where(
            legacy_accounts.c.account_token == param("token"), legacy_accounts.c.limited_by.is_not(None)
        ),
    )
)

# Of a public account: found by its owner's token.
_OF_PUBLIC: Statement[Any] = statement(
    select(sanctions.c.sanction_id, sanctions.c.degree, sanctions.c.end_at).where(
        sanctions.c.account_token == param("token"),
        sanctions.c.public_account_id == param("public"),
        sanctions.c.state == literal_column(f"'{SanctionState.IN_FORCE.value}'"),
    )
)


async def settled(
    connection: Connection, owner: Account, *, now: datetime, without: str | None = None
) -> Account:
    """Return the account of a locked row under what is stored; the caller stores it.

    without: a sanction that this act ends.
    """
    rows = await connection.all(_SOURCES, token=owner.account_token)
    sources = [_period(row) for row in rows if row.sanction_id != without]
    return account_rules.sanction(account=owner, sources=sources, now=now)


async def of_public_account(connection: Connection, without: Sanction) -> list[StandingPeriod]:
    """Return what sets the standing of a public account, without a sanction of it that this act ends."""
    rows = await connection.all(_OF_PUBLIC, token=without.account_token, public=without.public_account_id)
    return [_period(row) for row in rows if row.sanction_id != without.sanction_id]


def added(owner: Account, sanction: Sanction, *, now: datetime) -> Account:
    """Return the account of a locked row under one more sanction, which is in force from now on."""
    own = sanction_rules.period(sanction)
    periods = account_rules.schedule(account=owner, now=now)
    return account_rules.sanction(account=owner, sources=periods if own is None else [*periods, own], now=now)


def _period(row: Any) -> StandingPeriod:
    return StandingPeriod(STANDINGS[Degree(row.degree)], row.end_at) if row.degree else account_rules.LIMIT
