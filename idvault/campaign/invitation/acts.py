"""Invites owners of legacy accounts: batches, single invitations, recorded events, and enforcement."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from idvault.account import rules as account_rules
from idvault.account.ports import StatusStore
from idvault.campaign import rules as campaign_rules
from idvault.campaign.invitation import rules as invitation_rules
from idvault.campaign.invitation.ports import (
    DeliveryRequest,
    EnforcementStore,
    InvitationCoder,
    InvitationStore,
    Limited,
    Offer,
    Recording,
)
from idvault.campaign.invitation.rules import Invitation, InvitationEvent, InvitationState
from idvault.campaign.rules import Campaign, ReverificationMethod
from idvault.core import invitation_code
from idvault.core.entropy import Entropy
from idvault.core.event_factory import EventFactory
from idvault.core.policy import OperatorPolicy
from idvault.core.request import Asked, Fingerprinter
from idvault.log.acts.guard import LogGuard
from idvault.verify.clock import ClockReading
from idvault.verify.error import NotFoundError, Reason
from idvault.verify.event import SYSTEM_ACTOR, Event, EventType


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


class InvitationFlow:
    """Invitations of relying parties' legacy accounts."""

    def __init__(
        self,
        *,
        store: InvitationStore,
        accounts: StatusStore,
        coder: InvitationCoder,
        fingerprinter: Fingerprinter,
        guard: LogGuard,
        entropy: Entropy,
        policy: OperatorPolicy,
    ) -> None:
        """Initialise with the ports; policy: for its time zone and the registry's capacity."""
        self._store = store
        self._accounts = accounts
        self._coder = coder
        self._fingerprinter = fingerprinter
        self._guard = guard
        self._events = EventFactory(entropy=entropy)
        self._policy = policy

    async def take(
        self, asked: Asked, *, campaign_id: str, limit: int, lease: timedelta, now: ClockReading
    ) -> TakenBatch:
        """Lease a batch of due invitations; raises NotFoundError, PreconditionError, AlreadyExistsError."""
        await self._guard.check(now=now)
        batch_id = asked.request_id.replace("-", "")
        code = self._codes(campaign_id, batch_id)
        event = self._events.event(
            EventType.INVITATION_CLAIM,
            actor_id=asked.actor_id,
            now=now,
            campaign_id=campaign_id,
            batch_id=batch_id,
        )
        delivery = DeliveryRequest(
            request=asked.request(self._fingerprinter),
            campaign_id=campaign_id,
            batch_id=batch_id,
            limit=limit,
            lease_until=now.real + lease,
            code_hash=lambda token: invitation_code.code_hash(account_token=token, code=code(token)),
            deployment_limit=self._deployment_limit,
            today=now.today(self._policy.zone),
            now=now,
        )
        batch = await self._store.take(delivery, event=event)
        shown = tuple(self._delivered(batch.campaign, one, code) for one in batch.invitations)
        return TakenBatch(shown, batch.lease_until)

    async def get(
        self, *, relying_party: str, account_token: str, method: ReverificationMethod, now: ClockReading
    ) -> ShownInvitation:
        """Return the invitation to show to an account's owner; raises NotFoundError (ACCOUNT_NOT_FOUND)."""
        owner = await self._accounts.get(relying_party=relying_party, account_token=account_token)
        if owner is None:
            raise NotFoundError(Reason.ACCOUNT_NOT_FOUND)
        if not invitation_rules.is_open(account=account_rules.fall(account=owner, now=now.business)):
            return ShownInvitation(account_token)
        offers = await self._store.offers(
            relying_party=relying_party,
            account_token=account_token,
            today=now.today(self._policy.zone),
        )
        answers = [
            self._offered(offer, account_token, method, now)
            for offer in offers
            if method in offer.campaign.plan.methods
        ]
        due = [answer for answer in answers if answer.due]
        return next(iter([*due, *answers]), ShownInvitation(account_token))

    async def record(
        self,
        asked: Asked,
        *,
        account_token: str,
        campaign_id: str,
        method: ReverificationMethod,
        event: InvitationEvent,
        now: ClockReading,
    ) -> ShownInvitation:
        """Record an event of an invitation; raises as `take` does."""
        await self._guard.check(now=now)
        entry = self._events.event(
            EventType.INVITATION_RECORD,
            actor_id=asked.actor_id,
            now=now,
            account_token=account_token,
            campaign_id=campaign_id,
            event=event.value,
        )
        recording = Recording(
            request=asked.request(self._fingerprinter),
            account_token=account_token,
            campaign_id=campaign_id,
            method=method,
            event=event,
            today=now.today(self._policy.zone),
            now=now,
        )
        recorded = await self._store.record(recording, event=entry)
        return ShownInvitation(account_token, recorded.invitation, recorded.campaign)

    async def answer(
        self,
        asked: Asked,
        *,
        account_token: str,
        code_hash: bytes,
        event: InvitationEvent,
        now: ClockReading,
    ) -> None:
        """Record what an owner answers to an invitation by link; raises PreconditionError and others."""
        campaign_id = await self._store.campaign_of(
            account_token=account_token, code_hash=code_hash, now=now.business
        )
        await self.record(
            asked,
            account_token=account_token,
            campaign_id=campaign_id,
            method=ReverificationMethod.HOSTED_LINK,
            event=event,
            now=now,
        )

    def _codes(self, campaign_id: str, batch_id: str) -> Callable[[str], str]:
        return lambda token: self._coder.code(account_token=token, campaign_id=campaign_id, batch_id=batch_id)

    def _delivered(self, found: Campaign, one: Invitation, code: Callable[[str], str]) -> ShownInvitation:
        # On a repeated request, some invitations may have been acknowledged meanwhile.
        due = one.state is InvitationState.ACTIVE and one.leased_until is not None
        by_link = one.method is ReverificationMethod.HOSTED_LINK
        return ShownInvitation(one.account_token, one, found, due, code(one.account_token) if by_link else "")

    def _offered(
        self, offer: Offer, account_token: str, method: ReverificationMethod, now: ClockReading
    ) -> ShownInvitation:
        found = offer.campaign
        one = offer.invitation or invitation_rules.new(
            account_token=account_token,
            campaign_id=found.campaign_id,
            method=method,
            now=now.business,
        )
        left = campaign_rules.allowance(
            plan=found.plan,
            delivered=offer.delivered,
            deployment_limit=self._deployment_limit,
            deployment_delivered=offer.deployment_delivered,
        )
        due = (
            left > 0
            and not campaign_rules.is_quiet(plan=found.plan, now=now.business)
            and invitation_rules.is_due(invitation=one, now=now.business, real=now.real)
        )
        return ShownInvitation(account_token, one, found, due)

    @property
    def _deployment_limit(self) -> int:
        return campaign_rules.deployment_limit(
            registry_calls_per_second=self._policy.registry_calls_per_second
        )


class EnforcementFlow:
    """Applies and lifts the limits of enforcement dates, in sweeps that any number of processes may run."""

    def __init__(
        self, *, store: EnforcementStore, guard: LogGuard, entropy: Entropy, policy: OperatorPolicy
    ) -> None:
        """Initialise with the ports; policy: for its time zone."""
        self._store = store
        self._guard = guard
        self._events = EventFactory(entropy=entropy)
        self._policy = policy

    async def enforce(self, *, now: ClockReading, limit: int) -> int:
        """Limit accounts whose campaign has reached its enforcement date; return how many."""
        await self._guard.check(now=now)
        today = now.today(self._policy.zone)
        count = 0
        for limited in await self._store.enforceable(today=today, limit=limit):
            event = self._event(EventType.ACCOUNT_LIMIT, limited, now)
            count += await self._store.limit(limited, today=today, now=now, event=event)
        return count

    async def lift(self, *, now: ClockReading, limit: int) -> int:
        """Lift the limits of campaigns that have ended; return how many."""
        await self._guard.check(now=now)
        count = 0
        for limited in await self._store.liftable(limit=limit):
            event = self._event(EventType.ACCOUNT_LIFT, limited, now)
            count += await self._store.lift(limited, now=now, event=event)
        return count

    def _event(self, kind: EventType, limited: Limited, now: ClockReading) -> Event:
        return self._events.event(
            kind,
            actor_id=SYSTEM_ACTOR,
            now=now,
            account_token=limited.account.account_token,
            campaign_id=limited.campaign_id,
        )
