"""Steps of leasing a batch of due invitations (storage.campaign.invitation).

Rows are always locked in this order: campaign, invitations, the day's count. Accounts are never locked here,
because a claim locks its account first and the invitations second.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Integer, exists, literal_column, select, update

from idvault.campaign import rules
from idvault.campaign.invitation import rules as invitation
from idvault.campaign.invitation.ports import Batch, DeliveryRequest
from idvault.campaign.invitation.rules import Invitation, InvitationState
from idvault.campaign.invitation.store import invitation_rows as invitation_row
from idvault.campaign.rules import Campaign, ReverificationMethod
from idvault.campaign.store import cohort
from idvault.campaign.store import rows as campaign_row
from idvault.campaign.store.cohort import IN_COHORT
from idvault.core import account_request as requests
from idvault.core.db.connection import Connection
from idvault.core.db.listing import among, one_of
from idvault.core.db.locking import for_change
from idvault.core.db.statement import Statement, param, scalar, statement
from idvault.core.tables.account import accounts
from idvault.core.tables.campaign import invitations, legacy_accounts
from idvault.verify.account import AccountState, Standing

_LIMIT = param("limit", Integer)
_IS_OPEN = (accounts.c.state == AccountState.UNVERIFIED.value) & ~one_of(
    accounts.c.standing, [Standing.RENEWAL_SUSPENDED.value, Standing.CLOSED.value]
)
_FORMER = statement(
    select(invitations).where(invitations.c.batch_id == param("batch")).order_by(invitations.c.account_token),
    invitation_row.from_row,
)
_DUE = for_change(
    select(invitations)
    .join(accounts, accounts.c.account_token == invitations.c.account_token)
    .where(
        invitations.c.campaign_id == param("campaign"),
        invitations.c.state == InvitationState.ACTIVE.value,
        invitations.c.due_at <= param("now"),
        _IS_OPEN,
    )
    .order_by(invitations.c.due_at, invitations.c.account_token)
    .limit(_LIMIT),
    of=invitations,
)
_RETURNED = statement(_DUE.where(invitations.c.leased_until <= param("real")), invitation_row.from_row)
_REMINDERS = statement(_DUE.where(invitations.c.leased_until.is_(None)), invitation_row.from_row)
_INVITED_BY = legacy_accounts.c.invited_by


def _members(invited_by: ColumnElement[bool]) -> Statement[str]:
    """Return the members without an invitation in the order of an index, which is read as far as needed."""
    return statement(
        select(legacy_accounts.c.account_token)
        .join(accounts, accounts.c.account_token == legacy_accounts.c.account_token)
        .where(
            IN_COHORT,
            legacy_accounts.c.verified_on.is_(None),
            invited_by,
            _IS_OPEN,
            ~exists().where(
                invitations.c.account_token == legacy_accounts.c.account_token,
                invitations.c.campaign_id == param("campaign"),
            ),
        )
        .order_by(_INVITED_BY, legacy_accounts.c.account_token)
        .limit(_LIMIT),
        scalar,
    )


# First owners whom no campaign has invited, then those whom another one invited last.
_NEVER_INVITED = _members(literal_column("''") == _INVITED_BY)
_INVITED_BEFORE = _members((literal_column("''") < _INVITED_BY) & (param("campaign") > _INVITED_BY))
_INVITED_AFTER = _members(param("campaign") < _INVITED_BY)
_INVITED = statement(
    update(legacy_accounts)
    .where(among(legacy_accounts.c.account_token, "tokens"))
    .values(invited_by=param("campaign"))
)


async def former(connection: Connection, found: Campaign, batch_id: str) -> Batch:
    """Return what is left of a batch that was leased earlier."""
    taken = tuple(await connection.all(_FORMER, batch=batch_id))
    held = [one.leased_until for one in taken if one.leased_until is not None]
    return Batch(found, taken, max(held, default=found.created_at))


async def due(
    connection: Connection, found: Campaign, method: ReverificationMethod, asked: DeliveryRequest
) -> list[Invitation]:
    """Return what may be delivered now: lost deliveries, then reminders, then new invitations."""
    own, everybodys = await campaign_row.delivered(connection, found, asked.today)
    left = rules.allowance(
        plan=found.plan,
        delivered=own,
        deployment_limit=asked.deployment_limit,
        deployment_delivered=everybodys,
    )
    mine, now = found.campaign_id, asked.now
    lost = await connection.all(_RETURNED, campaign=mine, now=now.business, real=now.real, limit=asked.limit)
    room = min(left, asked.limit - len(lost))
    if room < 1:
        return lost
    reminders = await connection.all(_REMINDERS, campaign=mine, now=now.business, limit=room)
    return [*lost, *reminders, *await _new(connection, found, method, asked, room - len(reminders))]


async def _new(
    connection: Connection, found: Campaign, method: ReverificationMethod, asked: DeliveryRequest, limit: int
) -> list[Invitation]:
    if limit < 1:
        return []
    members: list[str] = []
    for some in (_NEVER_INVITED, _INVITED_BEFORE, _INVITED_AFTER):
        if len(members) < limit:
            members += await connection.all(
                some, campaign=found.campaign_id, limit=limit - len(members), **cohort.parameters(found)
            )
    return [
        invitation.new(
            account_token=token, campaign_id=found.campaign_id, method=method, now=asked.now.business
        )
        for token in members
    ]


async def put(connection: Connection, asked: DeliveryRequest, leased: Sequence[Invitation]) -> None:
    """Store a batch; an invitation by link gets a new code that replaces its previous one."""
    await requests.remember(connection, asked.request, made=asked.batch_id, now=asked.now.business)
    hashes = {
        one.account_token: asked.code_hash(one.account_token)
        for one in leased
        if one.method is ReverificationMethod.HOSTED_LINK
    }
    await invitation_row.put_batch(connection, asked.batch_id, leased, hashes)
    # A repeated delivery was recorded before; recording it again changes nothing.
    await invited(connection, asked.campaign_id, [one.account_token for one in leased if one.deliveries == 1])


async def invited(connection: Connection, campaign_id: str, tokens: Sequence[str]) -> None:
    """Record who invited owners last, so that the next batch does not read past them."""
    if tokens:
        await connection.run(_INVITED, campaign=campaign_id, tokens=sorted(tokens))
