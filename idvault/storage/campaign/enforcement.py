"""Limits accounts on the enforcement date, and lifts the limits: one account per act."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Integer, select, update

from idvault.domain.account import Account, AccountState, Standing
from idvault.domain.campaign import campaign as rules
from idvault.domain.campaign import invitation
from idvault.domain.campaign.campaign import CampaignState
from idvault.domain.event import Event
from idvault.ports.campaign.invitation import Limited
from idvault.storage.account import feed_rows as feed_row
from idvault.storage.account import rows as account_row
from idvault.storage.account.tables import accounts
from idvault.storage.base.act import act, read
from idvault.storage.base.connection import Connection
from idvault.storage.base.database import Database
from idvault.storage.base.listing import one_of
from idvault.storage.base.statement import param, statement
from idvault.storage.campaign import rows as campaign_row
from idvault.storage.campaign.tables import campaigns, invitations, legacy_accounts
from idvault.storage.log import entry as log


def _to_limit(row: Any) -> Limited:
    return Limited(account_row.from_row(row), row.campaign_id, Standing(row.standing))


def _to_lift(row: Any) -> Limited:
    return Limited(account_row.from_row(row), row.campaign_id, Standing(row.limited_from))


_ENFORCEABLE = statement(
    select(*accounts.c, campaigns.c.campaign_id)
    .join(invitations, invitations.c.account_token == accounts.c.account_token)
    .join(campaigns, campaigns.c.campaign_id == invitations.c.campaign_id)
    .where(
        campaigns.c.state == CampaignState.RUNNING.value,
        campaigns.c.enforcement_date <= param("today"),
        invitations.c.shown_on.is_not(None),
        accounts.c.state == AccountState.UNVERIFIED.value,
        one_of(accounts.c.standing, [Standing.GOOD.value, Standing.WARNED.value]),
    )
    .limit(param("limit", Integer)),
    _to_limit,
)
_LIFTABLE = statement(
    select(*accounts.c, campaigns.c.campaign_id, legacy_accounts.c.limited_from)
    .join(legacy_accounts, legacy_accounts.c.account_token == accounts.c.account_token)
    .join(campaigns, campaigns.c.campaign_id == legacy_accounts.c.limited_by)
    .where(campaigns.c.state == CampaignState.ENDED.value)
    .limit(param("limit", Integer)),
    _to_lift,
)
_SWAP = statement(
    update(accounts)
    .where(
        accounts.c.account_token == param("token"),
        accounts.c.revision == param("seen"),
        accounts.c.state == param("state"),
    )
    .values(standing=param("standing"), revision=param("revision"))
)
_NOTE = statement(
    update(legacy_accounts)
    .where(legacy_accounts.c.account_token == param("token"))
    .values(limited_by=param("limited_by"), limited_from=param("limited_from"))
)


@dataclass(kw_only=True, eq=False, repr=False)
class SqlEnforcementStore:
    """Campaign limits in the main database; each account changes by compare-and-set."""

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
    async def limit(self, connection: Connection, limited: Limited, *, today: date, event: Event) -> bool:
        """Limit an account, unless it or its campaign has changed since it was read."""
        owner = limited.account
        found = await campaign_row.get(connection, owner.relying_party, limited.campaign_id)
        after = invitation.limit(account=owner, was_shown=True)
        if after is None or not rules.enforces(campaign=found, today=today):
            return False
        if not await _swap(connection, owner, after):
            return False
        await connection.run(
            _NOTE,
            token=owner.account_token,
            limited_by=limited.campaign_id,
            limited_from=owner.standing.value,
        )
        await log.append(connection, event)
        return True

    @act("invitation.lift")
    async def lift(self, connection: Connection, limited: Limited, *, event: Event) -> bool:
        """Lift an account's limit, unless the account has changed since it was read."""
        owner = limited.account
        after = invitation.lift(account=owner, former=limited.former)
        if after is not None and not await _swap(connection, owner, after):
            return False
        # A standing set since then stays; only the note is cleared, so that `liftable` omits the account.
        await connection.run(_NOTE, token=owner.account_token, limited_by=None, limited_from=None)
        if after is not None:
            await log.append(connection, event)
        return after is not None


async def _swap(connection: Connection, before: Account, after: Account) -> bool:
    changed = await connection.run(
        _SWAP,
        token=before.account_token,
        seen=before.revision,
        state=before.state.value,
        standing=after.standing.value,
        revision=after.revision,
    )
    if changed != 1:
        return False
    await feed_row.changed(connection, after)
    return True
