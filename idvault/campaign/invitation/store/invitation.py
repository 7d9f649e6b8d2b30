"""The acts and reads of invitations (ports.campaign.invitation)."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from idvault.account.rules import account
from idvault.account.store import rows as account_row
from idvault.campaign import rules
from idvault.campaign.invitation import rules as invitation
from idvault.campaign.invitation.ports import Batch, DeliveryRequest, Offer, Recorded, Recording
from idvault.campaign.invitation.rules import Invitation
from idvault.campaign.invitation.store import delivery
from idvault.campaign.invitation.store import invitation_rows as invitation_row
from idvault.campaign.rules import DELIVERED, Campaign, CampaignState
from idvault.campaign.store import rows as campaign_row
from idvault.core import account_request as requests
from idvault.core.db.act import act, read
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import param, statement
from idvault.core.tables.account import accounts
from idvault.core.tables.campaign import campaigns, legacy_accounts
from idvault.log.store import entry as log
from idvault.verify.error import NotFoundError, PreconditionError, Reason
from idvault.verify.event import Event

_RUNNING = statement(
    select(campaigns)
    .where(
        campaigns.c.relying_party == param("party"),
        campaigns.c.state == CampaignState.RUNNING.value,
    )
    .order_by(campaigns.c.started_at, campaigns.c.campaign_id),
    campaign_row.from_row,
)
_MEMBER = statement(
    select(legacy_accounts.c.label, legacy_accounts.c.create_date).where(
        legacy_accounts.c.account_token == param("token"),
        legacy_accounts.c.relying_party == param("party"),
    )
)
_ACCOUNT = statement(
    select(accounts).where(
        accounts.c.account_token == param("token"), accounts.c.relying_party == param("party")
    ),
    account_row.from_row,
)


@dataclass(kw_only=True, eq=False, repr=False)
class SqlInvitationStore:
    """Invitations in the main database."""

    database: Database

    @act("invitation.claim")
    async def take(self, connection: Connection, asked: DeliveryRequest, *, event: Event) -> Batch:
        """Lease a campaign's due invitations, or return the batch that this request already leased."""
        found = await campaign_row.lock(connection, asked.request.caller, asked.campaign_id)
        # Looked up under the lock: a repeat waits for the first request and finds its batch.
        repeated = await requests.find(connection, asked.request)
        if repeated is not None:
            return await delivery.former(connection, found, repeated)
        method = rules.check_delivers(campaign=found)
        if rules.is_quiet(plan=found.plan, now=asked.now.business):
            return Batch(found, (), asked.lease_until)
        before = await delivery.due(connection, found, method, asked)
        leased = tuple(
            invitation.lease(
                invitation=one, until=asked.lease_until, now=asked.now.business, today=asked.today
            )
            for one in before
        )
        if leased:
            pairs = zip(before, leased, strict=True)
            count = sum(invitation.counts(before=one, after=other) for one, other in pairs)
            await delivery.put(connection, asked, leased)
            await campaign_row.count_deliveries(connection, found, count, asked.today)
            await log.append(connection, event.with_fields(count=len(leased)))
        return Batch(found, leased, asked.lease_until)

    @read("invitation.offers")
    async def offers(
        self, connection: Connection, *, relying_party: str, account_token: str, today: date
    ) -> list[Offer]:
        """Return the offers for an account, earliest started campaign first."""
        member = await connection.one(_MEMBER, token=account_token, party=relying_party)
        if member is None:
            return []
        invited = await invitation_row.of_account(connection, account_token)
        return [
            Offer(
                found, invited.get(found.campaign_id), *await campaign_row.delivered(connection, found, today)
            )
            for found in await connection.all(_RUNNING, party=relying_party)
            if rules.covers(cohort=found.plan.cohort, label=member.label, create_date=member.create_date)
        ]

    @read("invitation.campaign_of")
    async def campaign_of(
        self, connection: Connection, *, account_token: str, code_hash: bytes, now: datetime
    ) -> str:
        """Return the campaign of a code; raises PreconditionError (ILLEGAL_TRANSITION) for any other."""
        return await invitation_row.campaign_of(
            connection, account_token=account_token, code_hash=code_hash, now=now
        )

    @act("invitation.record")
    async def record(self, connection: Connection, recording: Recording, *, event: Event) -> Recorded:
        """Record an event of an invitation; a repeated request returns the current invitation."""
        now = recording.now
        repeated = await requests.remember(
            connection, recording.request, made=recording.campaign_id, now=now.business
        )
        found = await campaign_row.lock(connection, recording.request.caller, recording.campaign_id)
        before = await invitation_row.lock(connection, recording.account_token, recording.campaign_id)
        is_new = before is None
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
        if is_new:
            await delivery.invited(connection, found.campaign_id, [after.account_token])
        if invitation.counts(before=before, after=after):
            await campaign_row.count_deliveries(connection, found, 1, recording.today)
        await log.append(connection, event)
        return Recorded(found, after)


async def _begin(connection: Connection, recording: Recording, found: Campaign) -> Invitation:
    """Return a new invitation; raises NotFoundError or PreconditionError if the account cannot be invited."""
    token, party = recording.account_token, found.relying_party
    owner = await connection.one(_ACCOUNT, token=token, party=party)
    if owner is None:
        raise NotFoundError(Reason.ACCOUNT_NOT_FOUND)
    member = await connection.one(_MEMBER, token=token, party=party)
    offered = recording.method in found.plan.methods and recording.method not in DELIVERED
    if (
        member is None
        or not rules.covers(cohort=found.plan.cohort, label=member.label, create_date=member.create_date)
        or not offered
        or found.state is not CampaignState.RUNNING
        or not invitation.is_open(account=account.fall(account=owner, now=recording.now.business))
    ):
        raise PreconditionError(Reason.ILLEGAL_TRANSITION)
    return invitation.new(
        account_token=token,
        campaign_id=found.campaign_id,
        method=recording.method,
        now=recording.now.business,
    )
