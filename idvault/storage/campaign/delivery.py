"""Act `claim`: takes a batch of due invitations, step by step.

Rows are locked in one order everywhere: campaign, invitations, the day's count. An account is never locked
here, since a claim of it locks the account first and its invitations then.
"""

from collections.abc import Sequence

from sqlalchemy import Select, exists, select

from idvault.domain.account import AccountState, Standing
from idvault.domain.campaign import campaign as rules
from idvault.domain.campaign import invitation
from idvault.domain.campaign.campaign import Campaign, ReverificationMethod
from idvault.domain.campaign.invitation import Invitation, InvitationState
from idvault.domain.event import Event
from idvault.ports.campaign.invitation import Batch, Claiming
from idvault.storage.account.tables import accounts
from idvault.storage.base.connection import Connection
from idvault.storage.campaign import invitation_rows as invitation_row
from idvault.storage.campaign import store as campaign
from idvault.storage.campaign.progress import in_cohort
from idvault.storage.campaign.tables import invitations, legacy_accounts
from idvault.storage.claim import request
from idvault.storage.log import entry as log

_IS_OPEN = (accounts.c.state == AccountState.UNVERIFIED.value) & accounts.c.standing.not_in(
    [
        Standing.RENEWAL_SUSPENDED.value,
        Standing.CLOSED.value,
    ]
)


async def claim(connection: Connection, claiming: Claiming, event: Event) -> Batch:
    """Take what is due of a campaign, or find the batch that this request already took."""
    found = await campaign.load(connection, claiming.request.relying_party, claiming.campaign_id, locked=True)
    # Asked for under the lock: a repeat that came meanwhile has waited, and finds what the first one took.
    repeated = await request.find(connection, claiming.request)
    if repeated is not None:
        return await _former(connection, found, repeated)
    method = rules.check_delivers(campaign=found)
    if rules.is_quiet(plan=found.plan, now=claiming.now.business):
        return Batch(found, (), claiming.lease_until)
    taken = await _take(connection, found, method, claiming)
    leased = tuple(
        invitation.lease(
            invitation=one,
            until=claiming.lease_until,
            now=claiming.now.business,
            today=claiming.today,
        )
        for one in taken
    )
    if taken:
        count = sum(
            invitation.counts(before=one, after=other) for one, other in zip(taken, leased, strict=True)
        )
        await _store(connection, claiming, leased)
        await campaign.count_deliveries(connection, found, count, claiming.today)
        await log.append(connection, event.with_fields(count=len(taken)))
    return Batch(found, leased, claiming.lease_until)


async def _former(connection: Connection, found: Campaign, batch_id: str) -> Batch:
    rows = await connection.execute(
        select(invitations).where(invitations.c.batch_id == batch_id).order_by(invitations.c.account_token)
    )
    taken = tuple(invitation_row.from_row(row) for row in rows)
    held = [one.leased_until for one in taken if one.leased_until is not None]
    return Batch(found, taken, max(held, default=found.created_at))


async def _take(
    connection: Connection, found: Campaign, method: ReverificationMethod, claiming: Claiming
) -> list[Invitation]:
    own, everybodys = await campaign.delivered(connection, found, claiming.today)
    left = rules.allowance(
        plan=found.plan,
        delivered=own,
        deployment_limit=claiming.deployment_limit,
        deployment_delivered=everybodys,
    )
    taken = await _due(connection, found, claiming, claiming.limit, returned=True)
    room = min(left, claiming.limit - len(taken))
    reminders = await _due(connection, found, claiming, room, returned=False)
    fresh = await _members(connection, found, method, claiming, room - len(reminders))
    return [*taken, *reminders, *fresh]


async def _due(
    connection: Connection, found: Campaign, claiming: Claiming, limit: int, *, returned: bool
) -> list[Invitation]:
    """Return deliveries whose lease ran out (returned), or reminders that nobody holds."""
    if limit < 1:
        return []
    held = invitations.c.leased_until
    query = (
        select(invitations)
        .join(accounts, accounts.c.account_token == invitations.c.account_token)
        .where(
            invitations.c.campaign_id == found.campaign_id,
            invitations.c.state == InvitationState.ACTIVE.value,
            invitations.c.due_at <= claiming.now.business,
            held <= claiming.now.real if returned else held.is_(None),
            _IS_OPEN,
        )
        .order_by(invitations.c.due_at, invitations.c.account_token)
        .limit(limit)
    )
    locked = query.with_for_update(key_share=True, of=invitations)
    return [invitation_row.from_row(row) for row in await connection.execute(locked)]


async def _members(
    connection: Connection, found: Campaign, method: ReverificationMethod, claiming: Claiming, limit: int
) -> list[Invitation]:
    """Return new invitations of members of the cohort who have none."""
    if limit < 1:
        return []
    rows = await connection.execute(_uninvited(found).limit(limit))
    return [
        invitation.new(
            account_token=row.account_token,
            campaign_id=found.campaign_id,
            method=method,
            now=claiming.now.business,
        )
        for row in rows
    ]


def _uninvited(found: Campaign) -> Select[tuple[str]]:
    has_one = exists().where(
        invitations.c.account_token == legacy_accounts.c.account_token,
        invitations.c.campaign_id == found.campaign_id,
    )
    return (
        select(legacy_accounts.c.account_token)
        .join(accounts, accounts.c.account_token == legacy_accounts.c.account_token)
        .where(
            in_cohort(found.relying_party, found.plan.cohort),
            legacy_accounts.c.verified_on.is_(None),
            _IS_OPEN,
            ~has_one,
        )
    )


async def _store(connection: Connection, claiming: Claiming, leased: Sequence[Invitation]) -> None:
    """Store the batch; the code of an invitation by link takes the place of the one before."""
    await request.remember(connection, claiming.request, made=claiming.batch_id, now=claiming.now.business)
    await invitation_row.put_all(
        connection,
        [
            {
                **invitation_row.values(one),
                "batch_id": claiming.batch_id,
                "code_hash": claiming.code_hash(one.account_token)
                if one.method is ReverificationMethod.HOSTED_LINK
                else None,
                "code_used": False,
            }
            for one in leased
        ],
    )
