"""The acts and reads of invitations (ports.campaign.invitation)."""

from datetime import date

from sqlalchemy import Select, select

from idvault.domain.account import Account
from idvault.domain.campaign import campaign as rules
from idvault.domain.campaign import invitation
from idvault.domain.campaign.campaign import DELIVERED, Campaign, CampaignState
from idvault.domain.campaign.invitation import Invitation
from idvault.domain.error import NotFoundError, PreconditionError, Reason
from idvault.domain.event import Event
from idvault.ports.campaign.invitation import (
    Batch,
    Claiming,
    Limited,
    Offer,
    Recorded,
    Recording,
)
from idvault.storage.account import rows as account
from idvault.storage.account.tables import accounts
from idvault.storage.base.connection import Connection
from idvault.storage.base.database import Database
from idvault.storage.campaign import delivery as claiming
from idvault.storage.campaign import invitation_rows as invitation_row
from idvault.storage.campaign import limit as limiting
from idvault.storage.campaign import store as campaign
from idvault.storage.campaign.progress import in_cohort
from idvault.storage.campaign.tables import campaigns, invitations, legacy_accounts
from idvault.storage.claim import request
from idvault.storage.log import entry as log


class SqlInvitationStore:
    """Invitations in the main database."""

    def __init__(self, *, database: Database) -> None:
        """Take the main database."""
        self._database = database

    async def claim(self, asked: Claiming, *, event: Event) -> Batch:
        """Take what is due of a campaign, or find the batch that this request already took."""
        return await self._database.act(
            "invitation.claim", lambda connection: claiming.claim(connection, asked, event)
        )

    async def offers(self, *, relying_party: str, account_token: str, today: date) -> list[Offer]:
        """Return what may be offered to an account, the campaign started first first."""
        return await self._database.read(
            "invitation.offers", lambda connection: _offers(connection, relying_party, account_token, today)
        )

    async def record(self, recording: Recording, *, event: Event) -> Recorded:
        """Record an event of an invitation; a repeated request answers the invitation as it is now."""
        return await self._database.act(
            "invitation.record", lambda connection: _record(connection, recording, event)
        )

    async def enforceable(self, *, today: date, limit: int) -> list[Limited]:
        """Return accounts that an enforcement date limits today and that are not limited yet."""
        return await self._database.read(
            "invitation.enforceable", lambda connection: limiting.enforceable(connection, today, limit)
        )

    async def liftable(self, *, limit: int) -> list[Limited]:
        """Return accounts that an ENDED campaign limited."""
        return await self._database.read(
            "invitation.liftable", lambda connection: limiting.liftable(connection, limit)
        )

    async def limit(self, limited: Limited, *, today: date, event: Event) -> bool:
        """Limit an account, unless it has changed meanwhile."""
        return await self._database.act(
            "invitation.limit", lambda connection: limiting.limit(connection, limited, today, event)
        )

    async def lift(self, limited: Limited, *, event: Event) -> bool:
        """Lift an account's limit, unless it has changed meanwhile."""
        return await self._database.act(
            "invitation.lift", lambda connection: limiting.lift(connection, limited, event)
        )


async def _offers(connection: Connection, relying_party: str, account_token: str, today: date) -> list[Offer]:
    running = (
        select(campaigns)
        .where(campaigns.c.relying_party == relying_party, campaigns.c.state == CampaignState.RUNNING.value)
        .order_by(campaigns.c.started_at, campaigns.c.campaign_id)
    )
    member = (await connection.execute(_legacy(relying_party, account_token))).first()
    if member is None:
        return []
    offers = []
    for row in list(await connection.execute(running)):
        found = campaign.from_row(row)
        if rules.covers(cohort=found.plan.cohort, label=member.label, create_date=member.create_date):
            offers.append(await _offer(connection, found, account_token, today))
    return offers


async def _offer(connection: Connection, found: Campaign, account_token: str, today: date) -> Offer:
    row = (
        await connection.execute(
            select(invitations).where(
                invitations.c.account_token == account_token,
                invitations.c.campaign_id == found.campaign_id,
            )
        )
    ).first()
    own, everybodys = await campaign.delivered(connection, found, today)
    return Offer(found, None if row is None else invitation_row.from_row(row), own, everybodys)


def _legacy(relying_party: str, account_token: str) -> Select[tuple[str, date]]:
    return select(legacy_accounts.c.label, legacy_accounts.c.create_date).where(
        legacy_accounts.c.account_token == account_token,
        legacy_accounts.c.relying_party == relying_party,
    )


async def _record(connection: Connection, recording: Recording, event: Event) -> Recorded:
    now = recording.now
    repeated = await request.remember(
        connection, recording.request, made=recording.campaign_id, now=now.business
    )
    found = await campaign.load(
        connection, recording.request.relying_party, recording.campaign_id, locked=True
    )
    before = await invitation_row.lock(connection, recording.account_token, recording.campaign_id)
    if before is None:
        before = await _begin(connection, recording, found)
    if repeated is not None:
        return Recorded(found, before)
    after = invitation.record(
        invitation=before,
        event=recording.event,
        plan=found.plan,
        now=now.business,
        real=now.real,
        today=recording.today,
    )
    await invitation_row.put(connection, after)
    if invitation.counts(before=before, after=after):
        await campaign.count_deliveries(connection, found, 1, recording.today)
    await log.append(connection, event)
    return Recorded(found, after)


async def _begin(connection: Connection, recording: Recording, found: Campaign) -> Invitation:
    """Return a new invitation of an account that may be invited just now, or raise why not."""
    owner = await _account(connection, recording)
    member = await connection.execute(
        _legacy(recording.request.relying_party, recording.account_token).where(
            in_cohort(found.relying_party, found.plan.cohort)
        )
    )
    offered = recording.method in found.plan.methods and recording.method not in DELIVERED
    if (
        member.first() is None
        or not offered
        or found.state is not CampaignState.RUNNING
        or not invitation.is_open(account=owner)
    ):
        raise PreconditionError(Reason.ILLEGAL_TRANSITION)
    return invitation.new(
        account_token=recording.account_token,
        campaign_id=found.campaign_id,
        method=recording.method,
        now=recording.now.business,
    )


async def _account(connection: Connection, recording: Recording) -> Account:
    row = (
        await connection.execute(
            select(accounts).where(
                accounts.c.account_token == recording.account_token,
                accounts.c.relying_party == recording.request.relying_party,
            )
        )
    ).first()
    if row is None:
        raise NotFoundError(Reason.ACCOUNT_NOT_FOUND)
    return account.from_row(row)
