"""What an enforcement date does to accounts, and its undoing: one account an act, by compare-and-set."""

from datetime import date
from typing import Any

from sqlalchemy import select, update

from idvault.domain.account import Account, AccountState, Standing
from idvault.domain.campaign import campaign as rules
from idvault.domain.campaign import invitation
from idvault.domain.campaign.campaign import CampaignState
from idvault.domain.event import Event
from idvault.ports.campaign.invitation import Limited
from idvault.storage.account import feed_rows as feed_row
from idvault.storage.account import rows as account
from idvault.storage.account.tables import accounts
from idvault.storage.base.connection import Connection
from idvault.storage.campaign import store as campaign
from idvault.storage.campaign.tables import campaigns, invitations, legacy_accounts
from idvault.storage.log import entry as log

_MILD = (Standing.GOOD.value, Standing.WARNED.value)


async def enforceable(connection: Connection, today: date, limit: int) -> list[Limited]:
    """Return accounts whose owners were shown an invitation, did not verify, and are not limited yet."""
    query = (
        select(*accounts.c, campaigns.c.campaign_id)
        .join(invitations, invitations.c.account_token == accounts.c.account_token)
        .join(campaigns, campaigns.c.campaign_id == invitations.c.campaign_id)
        .where(
            campaigns.c.state == CampaignState.RUNNING.value,
            campaigns.c.enforcement_date <= today,
            invitations.c.shown_on.is_not(None),
            accounts.c.state == AccountState.UNVERIFIED.value,
            accounts.c.standing.in_(_MILD),
        )
        .limit(limit)
    )
    return [_limited(row, Standing(row.standing)) for row in await connection.execute(query)]


async def liftable(connection: Connection, limit: int) -> list[Limited]:
    """Return accounts that an ENDED campaign limited."""
    query = (
        select(*accounts.c, campaigns.c.campaign_id, legacy_accounts.c.limited_from)
        .join(legacy_accounts, legacy_accounts.c.account_token == accounts.c.account_token)
        .join(campaigns, campaigns.c.campaign_id == legacy_accounts.c.limited_by)
        .where(campaigns.c.state == CampaignState.ENDED.value)
        .limit(limit)
    )
    return [_limited(row, Standing(row.limited_from)) for row in await connection.execute(query)]


async def limit(connection: Connection, limited: Limited, today: date, event: Event) -> bool:
    """Limit an account, unless it or its campaign has changed meanwhile."""
    owner = limited.account
    found = await campaign.load(connection, owner.relying_party, limited.campaign_id)
    after = invitation.limit(account=owner, was_shown=True)
    if after is None or not rules.enforces(campaign=found, today=today):
        return False
    if not await _swap(connection, owner, after):
        return False
    await _note(connection, owner.account_token, limited.campaign_id, owner.standing.value)
    await log.append(connection, event)
    return True


async def lift(connection: Connection, limited: Limited, event: Event) -> bool:
    """Lift an account's limit, unless it has changed meanwhile."""
    owner = limited.account
    after = invitation.lift(account=owner, former=limited.former)
    if after is not None and not await _swap(connection, owner, after):
        return False
    # A standing that somebody set since stays: only the note goes, so that nobody looks again.
    await _note(connection, owner.account_token, None, None)
    if after is not None:
        await log.append(connection, event)
    return after is not None


async def _swap(connection: Connection, before: Account, after: Account) -> bool:
    changed = await connection.execute(
        update(accounts)
        .where(
            accounts.c.account_token == before.account_token,
            accounts.c.revision == before.revision,
            accounts.c.state == before.state.value,
        )
        .values(standing=after.standing.value, revision=after.revision)
    )
    if changed.rowcount != 1:
        return False
    await feed_row.changed(connection, after)
    return True


async def _note(
    connection: Connection, account_token: str, campaign_id: str | None, former: str | None
) -> None:
    await connection.execute(
        update(legacy_accounts)
        .where(legacy_accounts.c.account_token == account_token)
        .values(limited_by=campaign_id, limited_from=former)
    )


def _limited(row: Any, former: Standing) -> Limited:
    return Limited(account.from_row(row), row.campaign_id, former)
