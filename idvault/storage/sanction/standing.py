"""Computes an account's standing from everything that sets it: sanctions in force, and a campaign's limit."""

from datetime import datetime
from typing import Any

from sqlalchemy import literal_column, select

from idvault.domain import account as rules
from idvault.domain.account import Account, StandingPeriod
from idvault.domain.campaign import invitation
from idvault.domain.sanction import sanction as sanction_rules
from idvault.domain.sanction.sanction import STANDINGS, Degree, Sanction, SanctionState
from idvault.storage.account.tables import accounts
from idvault.storage.base.connection import Connection
from idvault.storage.base.statement import Statement, param, statement
from idvault.storage.campaign.tables import legacy_accounts
from idvault.storage.sanction.tables import sanctions

_OWN = accounts.c.account_token
# One row for each sanction in force, at least one; each says whether a campaign limits the account.
_SOURCES: Statement[Any] = statement(
    select(sanctions.c.sanction_id, sanctions.c.degree, sanctions.c.end_at, legacy_accounts.c.limited_by)
    .select_from(accounts)
    .outerjoin(
        sanctions,
        (sanctions.c.account_token == _OWN)
        & (sanctions.c.state == literal_column(f"'{SanctionState.IN_FORCE.value}'")),
    )
    .outerjoin(legacy_accounts, legacy_accounts.c.account_token == _OWN)
    .where(param("token") == _OWN)
)


async def settled(
    connection: Connection, owner: Account, *, now: datetime, changed: Sanction | None = None
) -> Account:
    """Return the account of a locked row under what is stored; the caller stores it.

    changed: a sanction as this act will store it.
    """
    rows = await connection.all(_SOURCES, token=owner.account_token)
    without = None if changed is None else changed.sanction_id
    periods = [_period(row) for row in rows if row.degree is not None and row.sanction_id != without]
    if any(row.limited_by is not None for row in rows):
        periods.append(invitation.LIMIT)
    own = None if changed is None else sanction_rules.period(changed)
    if own is not None:
        periods.append(own)
    return rules.sanction(account=owner, sources=periods, now=now)


def _period(row: Any) -> StandingPeriod:
    return StandingPeriod(STANDINGS[Degree(row.degree)], row.end_at)
