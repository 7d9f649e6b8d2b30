"""Computes an account's standing from everything that sets it: sanctions in force, and a campaign's limit."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import literal_column, null, select, union_all

from idvault.domain import account as rules
from idvault.domain.account import Account, StandingPeriod
from idvault.domain.campaign import invitation
from idvault.domain.sanction import sanction as sanction_rules
from idvault.domain.sanction.sanction import STANDINGS, Degree, Sanction, SanctionState
from idvault.storage.base.connection import Connection
from idvault.storage.base.statement import Statement, param, statement
from idvault.storage.base.types import Micros
from idvault.storage.campaign.tables import legacy_accounts
from idvault.storage.sanction.tables import sanctions


@dataclass(frozen=True, slots=True)
class _Source:
    """A period, and the sanction that it belongs to; empty for a campaign's limit."""

    sanction_id: str
    period: StandingPeriod


def _source(row: Any) -> _Source:
    if row.degree is None:
        return _Source("", invitation.LIMIT)
    return _Source(row.sanction_id, StandingPeriod(STANDINGS[Degree(row.degree)], row.end_at))


_SOURCES: Statement[_Source] = statement(
    union_all(
        select(sanctions.c.sanction_id, sanctions.c.degree, sanctions.c.end_at).where(
            sanctions.c.account_token == param("token"),
            sanctions.c.state == literal_column(f"'{SanctionState.IN_FORCE.value}'"),
        ),
        select(
            null().label("sanction_id"), null().label("degree"), null().cast(Micros).label("end_at")
        ).where(legacy_accounts.c.account_token == param("token"), legacy_accounts.c.limited_by.is_not(None)),
    ),
    _source,
)


async def settled(
    connection: Connection, owner: Account, *, now: datetime, changed: Sanction | None = None
) -> Account:
    """Return the account of a locked row under what is stored; the caller stores it.

    changed: a sanction as this act will store it.
    """
    sources = await connection.all(_SOURCES, token=owner.account_token)
    periods = [each.period for each in sources if changed is None or each.sanction_id != changed.sanction_id]
    own = None if changed is None else sanction_rules.period(changed)
    if own is not None:
        periods.append(own)
    return rules.sanction(account=owner, sources=periods, now=now)
