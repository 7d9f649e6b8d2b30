"""Limits accounts on the enforcement date, and lifts the limits: one account per act."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Integer, select, update

from idvault.account.store import rows as account_row
from idvault.campaign import rules
from idvault.campaign.invitation.ports import Limited
from idvault.campaign.rules import CampaignState
from idvault.campaign.store import rows as campaign_row
from idvault.core.db.act import act, read
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import Statement, param, statement
from idvault.core.tables.account import accounts
from idvault.core.tables.campaign import campaigns, invitations, legacy_accounts
from idvault.log.store import entry as log
from idvault.sanction.store import standing
from idvault.verify.account import AccountState
from idvault.verify.clock import ClockReading
from idvault.verify.event import Event


def _limited(row: Any) -> Limited:
    return Limited(account_row.from_row(row), row.campaign_id)


_ENFORCEABLE = statement(
    select(*accounts.c, campaigns.c.campaign_id)
    .join(invitations, invitations.c.account_token == accounts.c.account_token)
    .join(campaigns, campaigns.c.campaign_id == invitations.c.campaign_id)
    .join(legacy_accounts, legacy_accounts.c.account_token == accounts.c.account_token)
    .where(
        campaigns.c.state == CampaignState.RUNNING.value,
        campaigns.c.enforcement_date <= param("today"),
        invitations.c.shown_on.is_not(None),
        accounts.c.state == AccountState.UNVERIFIED.value,
        legacy_accounts.c.limited_by.is_(None),
    )
    .limit(param("limit", Integer)),
    _limited,
)
_LIFTABLE = statement(
    select(*accounts.c, campaigns.c.campaign_id)
    .join(legacy_accounts, legacy_accounts.c.account_token == accounts.c.account_token)
    .join(campaigns, campaigns.c.campaign_id == legacy_accounts.c.limited_by)
    .where(campaigns.c.state == CampaignState.ENDED.value)
    .limit(param("limit", Integer)),
    _limited,
)
_MINE = legacy_accounts.c.account_token == param("token")
_BY = legacy_accounts.c.limited_by
_LIMIT = statement(update(legacy_accounts).where(_MINE, _BY.is_(None)).values(limited_by=param("campaign")))
_LIFT = statement(update(legacy_accounts).where(_MINE, param("campaign") == _BY).values(limited_by=None))


@dataclass(kw_only=True, eq=False, repr=False)
class SqlEnforcementStore:
    """Campaign limits in the main database: one of what sets an account's standing."""

    database: Database

    @read("invitation.enforceable")
    async def enforceable(self, connection: Connection, *, today: date, limit: int) -> list[Limited]:
        """Return accounts whose owners were shown an invitation, did not verify, and are not limited yet."""
        return await connection.all(_ENFORCEABLE, today=today, limit=limit)

    @read("invitation.liftable")
    async def liftable(self, connection: Connection, *, limit: int) -> list[Limited]:
        """Return accounts that an ENDED campaign limited."""
        return await connection.all(_LIFTABLE, limit=limit)

    @act("invitation.limit")
    async def limit(
        self, connection: Connection, limited: Limited, *, today: date, now: ClockReading, event: Event
    ) -> bool:
        """Limit an account, unless it or its campaign has changed since it was read."""
        found = await campaign_row.get(connection, limited.account.relying_party, limited.campaign_id)
        if not rules.enforces(campaign=found, today=today):
            return False
        return await _change(connection, _LIMIT, limited, now, event)

    @act("invitation.lift")
    async def lift(
        self, connection: Connection, limited: Limited, *, now: ClockReading, event: Event
    ) -> bool:
        """Lift a campaign's limit, unless the account has changed since it was read."""
        return await _change(connection, _LIFT, limited, now, event)


async def _change(
    connection: Connection, change: Statement[Any], limited: Limited, now: ClockReading, event: Event
) -> bool:
    """Add or remove the limit and store the standing that the account then has."""
    owner = await account_row.lock(connection, account_token=limited.account.account_token)
    if (
        owner is None
        or owner.revision != limited.account.revision
        or owner.state is not limited.account.state
    ):
        return False
    if not await connection.run(change, token=owner.account_token, campaign=limited.campaign_id):
        return False
    await account_row.put_standing(connection, await standing.settled(connection, owner, now=now.business))
    await log.append(connection, event)
    return True
