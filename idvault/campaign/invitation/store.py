"""The rows of invitations.

Limits accounts on the enforcement date, and lifts the limits: one account per act.

Rows of invitations.

Steps of leasing a batch of due invitations (campaign.invitation.store).

Rows are always locked in this order: campaign, invitations, the day's count. Accounts are never locked here,
because a claim locks its account first and the invitations second.

The acts and reads of invitations (campaign.invitation.ports).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, exists, literal, literal_column, select, update

from idvault.account import rules as account_rules
from idvault.account.store import rows as account_rows
from idvault.campaign import rules
from idvault.campaign.invitation import rules as invitation_rules
from idvault.campaign.invitation.ports import Batch, DeliveryRequest, Limited, Offer, Recorded, Recording
from idvault.campaign.invitation.rules import Invitation, InvitationState, Stage
from idvault.campaign.rules import DELIVERED, Campaign, CampaignState, ReverificationMethod
from idvault.campaign.store import rows as campaign_rows
from idvault.campaign.store.rows import IN_COHORT
from idvault.core import account_request as requests
from idvault.core import log_entry
from idvault.core.db.act import act, read
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.listing import among, one_of
from idvault.core.db.locking import for_change
from idvault.core.db.statement import Statement, param, scalar, statement, upsert
from idvault.core.tables.account import accounts
from idvault.core.tables.campaign import campaigns, invitations, legacy_accounts
from idvault.sanction.store import standing as sanction_standing
from idvault.verify.account import Account, AccountState, Standing
from idvault.verify.clock import ClockReading
from idvault.verify.error import NotFoundError, PreconditionError, Reason
from idvault.verify.event import Event


def _limited(row: Any) -> Limited:
    return Limited(account_rows.from_row(row), row.campaign_id)


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
        found = await campaign_rows.get(connection, limited.account.relying_party, limited.campaign_id)
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
    owner = await account_rows.lock(connection, account_token=limited.account.account_token)
    if (
        owner is None
        or owner.revision != limited.account.revision
        or owner.state is not limited.account.state
    ):
        return False
    if not await connection.run(change, token=owner.account_token, campaign=limited.campaign_id):
        return False
    await account_rows.put_standing(
        connection, await sanction_standing.settled(connection, owner, now=now.business)
    )
    await log_entry.append(connection, event)
    return True


COLUMNS = {stage: invitations.c[f"{stage.lower()}_on"] for stage in Stage}
"""The column that holds the first day of each stage."""

_DAYS = [(stage, column.name) for stage, column in COLUMNS.items()]


def from_row(row: Any) -> Invitation:
    """Return the invitation in a row that holds every column of `invitations`."""
    return Invitation(
        account_token=row.account_token,
        campaign_id=row.campaign_id,
        method=ReverificationMethod(row.method),
        state=InvitationState(row.state),
        deliveries=row.deliveries,
        due_at=row.due_at,
        leased_until=row.leased_until,
        code_expires_at=row.code_expires_at,
        reached={stage: day for stage, name in _DAYS if (day := getattr(row, name)) is not None},
    )


def values(invitation: Invitation) -> dict[str, object]:
    """Return an invitation's columns, without its batch and its code's hash."""
    return {
        "account_token": invitation.account_token,
        "campaign_id": invitation.campaign_id,
        "method": invitation.method.value,
        "state": invitation.state.value,
        "deliveries": invitation.deliveries,
        "due_at": invitation.due_at,
        "leased_until": invitation.leased_until,
        "code_expires_at": invitation.code_expires_at,
        **{name: invitation.reached.get(stage) for stage, name in _DAYS},
    }


_KEY = ("account_token", "campaign_id")
_MADE_ONCE = frozenset({*_KEY, "method"})
_OF_BATCH = frozenset({"batch_id", "code_hash", "code_tries"})


def _put(*, kept: frozenset[str]) -> Statement[Any]:
    """Return the upsert of an invitation; the `kept` columns of a stored one do not change."""
    given = {
        column.name: param(column.name) for column in invitations.c if column.name not in _OF_BATCH & kept
    }
    new = upsert(invitations).values(**{"code_tries": literal(0), **given})
    changed = {name: new.excluded[name] for name in given if name not in kept}
    return statement(new.on_conflict_do_update(index_elements=list(_KEY), set_=changed))


_PUT = _put(kept=_MADE_ONCE | _OF_BATCH)
_PUT_IN_BATCH = _put(kept=_MADE_ONCE)
_OF_ACCOUNT = select(invitations).where(invitations.c.account_token == param("token"))
_LOCK = statement(for_change(_OF_ACCOUNT.where(invitations.c.campaign_id == param("campaign"))), from_row)
_LOCK_ALL = statement(for_change(_OF_ACCOUNT), from_row)
_FIND_ALL = statement(_OF_ACCOUNT, from_row)
_IS_VALID = (
    invitations.c.account_token == param("token"),
    invitations.c.code_hash == param("hash"),
    invitations.c.state != InvitationState.VERIFIED.value,
    invitations.c.code_expires_at > param("now"),
)
_IS_USABLE = (*_IS_VALID, invitations.c.code_tries < invitation_rules.CODE_TRIES)
_VALID = statement(select(invitations.c.campaign_id).where(*_IS_VALID), scalar)
_USE_CODE = statement(update(invitations).where(*_IS_USABLE).values(code_tries=invitations.c.code_tries + 1))
_USABLE = statement(select(invitations.c.campaign_id).where(*_IS_USABLE), scalar)


async def lock(connection: Connection, account_token: str, campaign_id: str) -> Invitation | None:
    """Return an invitation and lock its row."""
    return await connection.one(_LOCK, token=account_token, campaign=campaign_id)


async def of_account(connection: Connection, account_token: str) -> dict[str, Invitation]:
    """Return the invitations of an account by campaign id."""
    return {one.campaign_id: one for one in await connection.all(_FIND_ALL, token=account_token)}


async def put(connection: Connection, invitation: Invitation) -> None:
    """Store an invitation, new or not; its batch and its code's hash stay as they are."""
    await connection.run(_PUT, **values(invitation))


async def put_batch(
    connection: Connection, batch_id: str, leased: Sequence[Invitation], hashes: Mapping[str, bytes]
) -> None:
    """Store the invitations of a batch, new or not.

    hashes: the hashes of new codes by account token. Every previous code is replaced, or removed if there is
    no new one.
    """
    await connection.many(
        _PUT_IN_BATCH,
        [
            {
                **values(one),
                "batch_id": batch_id,
                "code_hash": hashes.get(one.account_token),
                "code_tries": 0,
            }
            for one in leased
        ],
    )


async def use_code(connection: Connection, *, account_token: str, code_hash: bytes, now: datetime) -> None:
    """Spend a try of a locked account's code; raises PreconditionError if the code is no longer valid."""
    if await connection.run(_USE_CODE, token=account_token, hash=code_hash, now=now) != 1:
        raise invitation_rules.refuse_code()


async def check_code(connection: Connection, *, account_token: str, code_hash: bytes, now: datetime) -> str:
    """Return the campaign of a code that has a try left; raises PreconditionError for any other code."""
    found = await connection.one(_USABLE, token=account_token, hash=code_hash, now=now)
    if found is None:
        raise invitation_rules.refuse_code()
    return str(found)


async def campaign_of(connection: Connection, *, account_token: str, code_hash: bytes, now: datetime) -> str:
    """Return the campaign of a code, also one without tries; raises PreconditionError for any other code."""
    found = await connection.one(_VALID, token=account_token, hash=code_hash, now=now)
    if found is None:
        raise invitation_rules.refuse_code()
    return str(found)


async def conclude(connection: Connection, owner: Account, *, succeeded: bool, today: date) -> None:
    """Update the invitations of a locked account after its claim ended; only imported accounts have any."""
    if owner.state is not AccountState.UNVERIFIED:
        return
    for one in await connection.all(_LOCK_ALL, token=owner.account_token):
        await put(connection, invitation_rules.conclude(invitation=one, succeeded=succeeded, today=today))


_LIMIT_DELIVERY = param("limit", Integer)
_IS_OPEN = (accounts.c.state == AccountState.UNVERIFIED.value) & ~one_of(
    accounts.c.standing, [Standing.RENEWAL_SUSPENDED.value, Standing.CLOSED.value]
)
_FORMER = statement(
    select(invitations).where(invitations.c.batch_id == param("batch")).order_by(invitations.c.account_token),
    from_row,
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
    .limit(_LIMIT_DELIVERY),
    of=invitations,
)
_RETURNED = statement(_DUE.where(invitations.c.leased_until <= param("real")), from_row)
_REMINDERS = statement(_DUE.where(invitations.c.leased_until.is_(None)), from_row)
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
        .limit(_LIMIT_DELIVERY),
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
    own, everybodys = await campaign_rows.delivered(connection, found, asked.today)
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
                some,
                campaign=found.campaign_id,
                limit=limit - len(members),
                **campaign_rows.parameters(found),
            )
    return [
        invitation_rules.new(
            account_token=token, campaign_id=found.campaign_id, method=method, now=asked.now.business
        )
        for token in members
    ]


async def put_delivery(connection: Connection, asked: DeliveryRequest, leased: Sequence[Invitation]) -> None:
    """Store a batch; an invitation by link gets a new code that replaces its previous one."""
    await requests.remember(connection, asked.request, made=asked.batch_id, now=asked.now.business)
    hashes = {
        one.account_token: asked.code_hash(one.account_token)
        for one in leased
        if one.method is ReverificationMethod.HOSTED_LINK
    }
    await put_batch(connection, asked.batch_id, leased, hashes)
    # A repeated delivery was recorded before; recording it again changes nothing.
    await invited(connection, asked.campaign_id, [one.account_token for one in leased if one.deliveries == 1])


async def invited(connection: Connection, campaign_id: str, tokens: Sequence[str]) -> None:
    """Record who invited owners last, so that the next batch does not read past them."""
    if tokens:
        await connection.run(_INVITED, campaign=campaign_id, tokens=sorted(tokens))


_RUNNING = statement(
    select(campaigns)
    .where(
        campaigns.c.relying_party == param("party"),
        campaigns.c.state == CampaignState.RUNNING.value,
    )
    .order_by(campaigns.c.started_at, campaigns.c.campaign_id),
    campaign_rows.from_row,
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
    account_rows.from_row,
)


@dataclass(kw_only=True, eq=False, repr=False)
class SqlInvitationStore:
    """Invitations in the main database."""

    database: Database

    @act("invitation.claim")
    async def take(self, connection: Connection, asked: DeliveryRequest, *, event: Event) -> Batch:
        """Lease a campaign's due invitations, or return the batch that this request already leased."""
        found = await campaign_rows.lock(connection, asked.request.caller, asked.campaign_id)
        # Looked up under the lock: a repeat waits for the first request and finds its batch.
        repeated = await requests.find(connection, asked.request)
        if repeated is not None:
            return await former(connection, found, repeated)
        method = rules.check_delivers(campaign=found)
        if rules.is_quiet(plan=found.plan, now=asked.now.business):
            return Batch(found, (), asked.lease_until)
        before = await due(connection, found, method, asked)
        leased = tuple(
            invitation_rules.lease(
                invitation=one, until=asked.lease_until, now=asked.now.business, today=asked.today
            )
            for one in before
        )
        if leased:
            pairs = zip(before, leased, strict=True)
            count = sum(invitation_rules.counts(before=one, after=other) for one, other in pairs)
            await put_delivery(connection, asked, leased)
            await campaign_rows.count_deliveries(connection, found, count, asked.today)
            await log_entry.append(connection, event.with_fields(count=len(leased)))
        return Batch(found, leased, asked.lease_until)

    @read("invitation.offers")
    async def offers(
        self, connection: Connection, *, relying_party: str, account_token: str, today: date
    ) -> list[Offer]:
        """Return the offers for an account, earliest started campaign first."""
        member = await connection.one(_MEMBER, token=account_token, party=relying_party)
        if member is None:
            return []
        invited = await of_account(connection, account_token)
        return [
            Offer(
                found,
                invited.get(found.campaign_id),
                *await campaign_rows.delivered(connection, found, today),
            )
            for found in await connection.all(_RUNNING, party=relying_party)
            if rules.covers(cohort=found.plan.cohort, label=member.label, create_date=member.create_date)
        ]

    @read("invitation.campaign_of")
    async def campaign_of(
        self, connection: Connection, *, account_token: str, code_hash: bytes, now: datetime
    ) -> str:
        """Return the campaign of a code; raises PreconditionError (ILLEGAL_TRANSITION) for any other."""
        return await campaign_of(connection, account_token=account_token, code_hash=code_hash, now=now)

    @act("invitation.record")
    async def record(self, connection: Connection, recording: Recording, *, event: Event) -> Recorded:
        """Record an event of an invitation; a repeated request returns the current invitation."""
        now = recording.now
        repeated = await requests.remember(
            connection, recording.request, made=recording.campaign_id, now=now.business
        )
        found = await campaign_rows.lock(connection, recording.request.caller, recording.campaign_id)
        before = await lock(connection, recording.account_token, recording.campaign_id)
        is_new = before is None
        if before is None:
            before = await _begin(connection, recording, found)
        if repeated is not None:
            return Recorded(found, before)
        after = invitation_rules.record(
            invitation=before,
            event=recording.event,
            plan=found.plan,
            now=now.business,
            real=now.real,
            today=recording.today,
        )
        await put(connection, after)
        if is_new:
            await invited(connection, found.campaign_id, [after.account_token])
        if invitation_rules.counts(before=before, after=after):
            await campaign_rows.count_deliveries(connection, found, 1, recording.today)
        await log_entry.append(connection, event)
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
        or not invitation_rules.is_open(account=account_rules.fall(account=owner, now=recording.now.business))
    ):
        raise PreconditionError(Reason.ILLEGAL_TRANSITION)
    return invitation_rules.new(
        account_token=token,
        campaign_id=found.campaign_id,
        method=recording.method,
        now=recording.now.business,
    )
