"""Computes an account's standing from everything that sets it: sanctions in force, and a campaign's limit."""

from datetime import datetime
from typing import Any

from sqlalchemy import literal_column, null, select, union_all

from idvault.domain import account as rules
from idvault.domain.account import Account, StandingPeriod
from idvault.domain.campaign import invitation
from idvault.domain.sanction.sanction import STANDINGS, Degree, SanctionState
from idvault.storage.base.connection import Connection
from idvault.storage.base.statement import Statement, param, statement
from idvault.storage.base.types import Micros
from idvault.storage.campaign.tables import legacy_accounts
from idvault.storage.sanction.tables import sanctions


def _source(row: Any) -> StandingPeriod:
    if row.degree is None:
        return invitation.LIMIT
    return StandingPeriod(STANDINGS[Degree(row.degree)], row.end_at)


_SOURCES: Statement[StandingPeriod] = statement(
    union_all(
        select(sanctions.c.degree, sanctions.c.end_at).where(
            sanctions.c.account_token == param("token"),
            sanctions.c.state == literal_column(f"'{SanctionState.IN_FORCE.value}'"),
        ),
        select(null().label("degree"), null().cast(Micros).label("end_at")).where(
            legacy_accounts.c.account_token == param("token"), legacy_accounts.c.limited_by.is_not(None)
        ),
    ),
    _source,
)


async def settled(connection: Connection, owner: Account, *, now: datetime) -> Account:
    """Return the account of a locked row under what is stored now; the caller stores it."""
    sources = await connection.all(_SOURCES, token=owner.account_token)
    return rules.sanction(account=owner, sources=sources, now=now)
