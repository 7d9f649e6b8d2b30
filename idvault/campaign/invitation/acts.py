"""Invites owners of accounts: batches, single invitations, recorded events, and enforcement."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo

from idvault.account import rules as account_rules
from idvault.campaign import rules as campaign_rules
from idvault.campaign import store as campaigns
from idvault.campaign.invitation import rules
from idvault.campaign.invitation.rules import Invitation, Limited, Offer
from idvault.campaign.invitation.store import rows as store
from idvault.campaign.ports import InvitationCoder
from idvault.core import account_request, invitation_code
from idvault.core.act import Actor, Tx, Vault, act, sweep
from idvault.core.db.connection import Connection
from idvault.core.policy import OperatorPolicy
from idvault.core.request import Asked, Request
from idvault.status import acts as status_acts
from idvault_verify.account import Account
from idvault_verify.campaign import (
    DELIVERED,
    Campaign,
    CampaignPlan,
    CampaignState,
    InvitationEvent,
    InvitationState,
    ReverificationMethod,
)
from idvault_verify.clock import ClockReading
from idvault_verify.error import NotFoundError, PreconditionError, Reason
from idvault_verify.event import EventType

_NUMBERED = 20_000
"""How many changes a batch numbers at most: as many as it looks at."""


@dataclass(frozen=True, slots=True)
class ShownInvitation:
    """An invitation as returned to the platform; invitation and campaign are None if there is none.

    due: whether to show or deliver it now. code: for this delivery, empty if it has none.
    """

    account_token: str
    invitation: Invitation | None = None
    campaign: Campaign | None = None
    due: bool = False
    code: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class TakenBatch:
    """Invitations to deliver, and when their lease ends (real time)."""

    shown: tuple[ShownInvitation, ...]
    lease_until: datetime


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A batch that a platform asks for.

    batch_id: 32 hex digits, the same for the same request. lease_until: real time. code: returns that of an
    account. most: how many deliveries all campaigns may make in a day.
    """

    campaign_id: str
    batch_id: str
    limit: int
    lease_until: datetime
    code: Callable[[str], str]
    most: int
    today: date


async def take(
    vault: Vault,
    asked: Asked,
    now: ClockReading,
    *,
    campaign_id: str,
    limit: int,
    lease: timedelta,
    coder: InvitationCoder,
    policy: OperatorPolicy,
) -> TakenBatch:
    """Lease a batch of due invitations; raises NotFoundError, PreconditionError, AlreadyExistsError."""
    await vault.guard.check(now=now)
    batch_id = asked.request_id.replace("-", "")

    def code(token: str) -> str:
        return coder.code(account_token=token, campaign_id=campaign_id, batch_id=batch_id)

    found = await vault.read("campaign.get", lambda one: campaigns.get(one, asked.relying_party, campaign_id))
    if found.plan.minimum_assurance is not None:
        # Accounts are found by the numbers of their changes, and nobody else may read this platform's feed.
        await status_acts.arrange_of(vault, now, found.relying_party, limit=_NUMBERED)
    today, until = now.today(policy.zone), now.real + lease
    wanted = _Wanted(campaign_id, batch_id, limit, until, code, _most(policy), today)
    return await _take(vault, asked, now, asked.request(vault.fingerprinter), wanted)


@act("invitation.claim")
async def _take(tx: Tx, request: Request, wanted: _Wanted) -> TakenBatch:
    """Lease what is due. An empty batch writes nothing, not even the request."""
    found = await campaigns.lock(tx.connection, tx.party, wanted.campaign_id)
    # Looked up under the lock: a repeat waits for the first request and finds its batch.
    if (repeated := await account_request.find(tx.connection, request)) is not None:
        tx.unchanged("the batch was leased before")
        taken = await store.of_batch(tx.connection, repeated.made_id)
        held = [one.leased_until for one in taken if one.leased_until is not None]
        shown = tuple(_delivered(found, one, wanted.code) for one in taken)
        return TakenBatch(shown, max(held, default=found.created_at))
    method = campaign_rules.check_delivers(campaign=found)
    before = await _due(tx, found, method, wanted)
    if not before:
        tx.unchanged("nothing is due")
        return TakenBatch((), wanted.lease_until)
    leased = [
        rules.lease(invitation=one, until=wanted.lease_until, now=tx.now.business, today=wanted.today)
        for one in before
    ]
    await account_request.remember(tx.connection, request, made=wanted.batch_id, now=tx.now.business)
    await _put(tx, found, wanted, leased)
    count = sum(rules.counts(before=one, after=other) for one, other in zip(before, leased, strict=True))
    await campaigns.count_deliveries(tx.connection, found, count, wanted.today)
    await tx.log(
        EventType.INVITATION_CLAIM,
        campaign_id=wanted.campaign_id,
        batch_id=wanted.batch_id,
        count=len(leased),
    )
    return TakenBatch(tuple(_delivered(found, one, wanted.code) for one in leased), wanted.lease_until)


async def _due(tx: Tx, found: Campaign, method: ReverificationMethod, wanted: _Wanted) -> list[Invitation]:
    if campaign_rules.is_quiet(plan=found.plan, now=tx.now.business):
        return []
    own, everybodys = await campaigns.delivered(tx.connection, found, wanted.today)
    left = campaign_rules.allowance(
        plan=found.plan, delivered=own, deployment_limit=wanted.most, deployment_delivered=everybodys
    )
    again, tokens = await store.due(
        tx.connection, found, limit=wanted.limit, left=left, now=tx.now, today=wanted.today
    )
    return [*again, *(_new(token, found, method, tx.now) for token in tokens)]


def _new(token: str, found: Campaign, method: ReverificationMethod, now: ClockReading) -> Invitation:
    return rules.new(account_token=token, campaign_id=found.campaign_id, method=method, now=now.business)


async def _put(tx: Tx, found: Campaign, wanted: _Wanted, leased: list[Invitation]) -> None:
    """Store a batch; an invitation by link gets a new code that replaces its previous one."""
    hashes = {
        one.account_token: invitation_code.code_hash(
            account_token=one.account_token, code=wanted.code(one.account_token)
        )
        for one in leased
        if one.method is ReverificationMethod.HOSTED_LINK
    }
    await store.put_batch(tx.connection, wanted.batch_id, leased, hashes)
    # A repeated delivery was recorded before; recording it again changes nothing.
    first = [one.account_token for one in leased if one.deliveries == 1]
    await store.invited(tx.connection, found.campaign_id, first)


def _delivered(found: Campaign, one: Invitation, code: Callable[[str], str]) -> ShownInvitation:
    # On a repeated request, some invitations may have been acknowledged meanwhile.
    due = one.state is InvitationState.ACTIVE and one.leased_until is not None
    by_link = one.method is ReverificationMethod.HOSTED_LINK
    return ShownInvitation(one.account_token, one, found, due, code(one.account_token) if by_link else "")


def _most(policy: OperatorPolicy) -> int:
    return campaign_rules.deployment_limit(registry_calls_per_second=policy.registry_calls_per_second)


async def get(
    vault: Vault,
    party: str,
    account_token: str,
    *,
    method: ReverificationMethod,
    now: ClockReading,
    policy: OperatorPolicy,
) -> ShownInvitation:
    """Return the invitation to show to an account's owner; raises NotFoundError (ACCOUNT_NOT_FOUND)."""

    async def look(one: Connection) -> list[Offer]:
        owner = await store.account(one, party, account_token)
        if owner is None:
            raise NotFoundError(Reason.ACCOUNT_NOT_FOUND)
        today = now.today(policy.zone)
        return await store.offers(one, _present(owner, now, today), today)

    answers = [
        _offered(offer, account_token, method, now, _most(policy))
        for offer in await vault.read("invitation.offers", look)
        if method in offer.campaign.plan.methods
    ]
    due = [answer for answer in answers if answer.due]
    return next(iter([*due, *answers]), ShownInvitation(account_token))


def _offered(
    offer: Offer, account_token: str, method: ReverificationMethod, now: ClockReading, most: int
) -> ShownInvitation:
    found = offer.campaign
    one = offer.invitation or _new(account_token, found, method, now)
    left = campaign_rules.allowance(
        plan=found.plan,
        delivered=offer.delivered,
        deployment_limit=most,
        deployment_delivered=offer.deployment_delivered,
    )
    due = (
        left > 0
        and not campaign_rules.is_quiet(plan=found.plan, now=now.business)
        and rules.is_due(invitation=one, now=now.business, real=now.real)
    )
    return ShownInvitation(account_token, one, found, due)


async def record(
    vault: Vault,
    asked: Asked,
    now: ClockReading,
    *,
    account_token: str,
    campaign_id: str,
    method: ReverificationMethod,
    event: InvitationEvent,
    zone: tzinfo,
) -> ShownInvitation:
    """Record an event of an invitation; raises as `take` does.

    An account without one gets it, if the campaign is RUNNING, covers the account, and has the method, which
    is not delivered in batches.
    """
    await vault.guard.check(now=now)
    request, today = asked.request(vault.fingerprinter), now.today(zone)
    return await _record(vault, asked, now, request, account_token, campaign_id, method, event, today)


@act("invitation.record")
async def _record(  # noqa: PLR0917 - an act has its arguments in their order
    tx: Tx,
    request: Request,
    token: str,
    campaign_id: str,
    method: ReverificationMethod,
    event: InvitationEvent,
    today: date,
) -> ShownInvitation:
    repeated = await account_request.remember(tx.connection, request, made=campaign_id, now=tx.now.business)
    found = await campaigns.lock(tx.connection, tx.party, campaign_id)
    known = await store.lock(tx.connection, token, campaign_id)
    before = known or await _begin(tx, found, token, method, today)
    if repeated is not None:
        tx.unchanged("the event was recorded before")
        return ShownInvitation(token, before, found)
    after = rules.record(
        invitation=before,
        event=event,
        plan=found.plan,
        now=tx.now.business,
        real=tx.now.real,
        today=today,
    )
    await store.put(tx.connection, after)
    if known is None:
        await store.invited(tx.connection, campaign_id, [token])
    if rules.counts(before=before, after=after):
        await campaigns.count_deliveries(tx.connection, found, 1, today)
    await tx.log(EventType.INVITATION_RECORD, account_token=token, campaign_id=campaign_id, event=event.value)
    return ShownInvitation(token, after, found)


def _present(owner: Account, now: ClockReading, today: date) -> Account:
    return account_rules.expire(account=account_rules.fall(account=owner, now=now.business), today=today)


async def _begin(
    tx: Tx, found: Campaign, token: str, method: ReverificationMethod, today: date
) -> Invitation:
    """Return a new invitation; raises NotFoundError or PreconditionError if the account cannot be invited."""
    owner = await store.account(tx.connection, found.relying_party, token)
    if owner is None:
        raise NotFoundError(Reason.ACCOUNT_NOT_FOUND)
    if (
        method not in found.plan.methods
        or method in DELIVERED
        or found.state is not CampaignState.RUNNING
        or not await store.is_invitable(tx.connection, found, _present(owner, tx.now, today))
    ):
        raise PreconditionError(Reason.ILLEGAL_TRANSITION)
    return _new(token, found, method, tx.now)


async def plan_of(
    vault: Vault, party: str, account_token: str, code_hash: bytes, now: ClockReading
) -> CampaignPlan | None:
    """Return what the campaign of a code plans; None once the code is replaced or expired."""

    async def read(connection: Connection) -> CampaignPlan:
        campaign_id = await store.campaign_of(
            connection, account_token=account_token, code_hash=code_hash, now=now.business
        )
        return (await campaigns.get(connection, party, campaign_id)).plan

    try:
        return await vault.read("invitation.plan_of", read)
    except PreconditionError:
        return None


async def answer(
    vault: Vault,
    asked: Asked,
    now: ClockReading,
    *,
    account_token: str,
    code_hash: bytes,
    event: InvitationEvent,
    zone: tzinfo,
) -> None:
    """Record what an owner answers to an invitation by link; raises PreconditionError and others."""
    campaign_id = await vault.read(
        "invitation.campaign_of",
        lambda one: store.campaign_of(
            one, account_token=account_token, code_hash=code_hash, now=now.business
        ),
    )
    await record(
        vault,
        asked,
        now,
        account_token=account_token,
        campaign_id=campaign_id,
        method=ReverificationMethod.HOSTED_LINK,
        event=event,
        zone=zone,
    )


@act("invitation.limit")
async def impose(tx: Tx, limited: Limited, today: date) -> bool:
    """Limit an account; False if it or its campaign has changed since it was read."""
    found = await campaigns.get(tx.connection, limited.account.relying_party, limited.campaign_id)
    enforces = campaign_rules.enforces(campaign=found, today=today)
    is_new = enforces and await store.limit(tx.connection, limited, now=tx.now.business)
    return await _tell(tx, EventType.ACCOUNT_LIMIT, limited) if is_new else _stays(tx)


@act("invitation.lift")
async def lift(tx: Tx, limited: Limited) -> bool:
    """Lift a campaign's limit; False if the account has changed since it was read."""
    is_lifted = await store.lift(tx.connection, limited, now=tx.now.business)
    return await _tell(tx, EventType.ACCOUNT_LIFT, limited) if is_lifted else _stays(tx)


async def _tell(tx: Tx, kind: EventType, limited: Limited) -> bool:
    await tx.log(kind, account_token=limited.account.account_token, campaign_id=limited.campaign_id)
    return True


def _stays(tx: Tx) -> bool:
    tx.unchanged("the account or its campaign has changed meanwhile")
    return False


async def enforce(vault: Vault, now: ClockReading, *, limit: int, zone: tzinfo) -> int:
    """Limit accounts whose campaign has reached its enforcement date; return how many.

    Any number of processes may do so at any time.
    """
    today = now.today(zone)

    async def due() -> list[Limited]:
        found = vault.read(
            "invitation.enforceable", lambda one: store.enforceable(one, today=today, limit=limit)
        )
        return await found

    async def each(vault: Vault, by: Actor, now: ClockReading, limited: Limited) -> bool:
        return await impose(vault, by, now, limited, today)

    return await sweep(vault, now, due=due, each=each)


async def lift_all(vault: Vault, now: ClockReading, *, limit: int) -> int:
    """Lift the limits of campaigns that have ended; return how many."""

    async def due() -> list[Limited]:
        return await vault.read("invitation.liftable", lambda one: store.liftable(one, limit=limit))

    return await sweep(vault, now, due=due, each=lift)
