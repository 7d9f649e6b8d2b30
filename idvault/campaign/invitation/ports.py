"""Storage of invitations and their codes, and of the limits that enforcement dates set."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from idvault.campaign.invitation.rules import Invitation, InvitationEvent
from idvault.campaign.rules import Campaign, ReverificationMethod
from idvault.core.request import Request
from idvault.verify.account import Account
from idvault.verify.clock import ClockReading
from idvault.verify.event import Event


@dataclass(frozen=True, slots=True)
class DeliveryRequest:
    """A request for a batch of invitations to deliver.

    batch_id: 32 hex digits, the same for the same request. lease_until: real time. code_hash: returns the
    hash

    of an account's code (HOSTED_LINK only).
    """

    request: Request
    campaign_id: str
    batch_id: str
    limit: int
    lease_until: datetime
    code_hash: Callable[[str], bytes]
    deployment_limit: int
    today: date
    now: ClockReading


@dataclass(frozen=True, slots=True)
class Batch:
    """The invitations of a batch, their campaign, and when the lease ends (real time)."""

    campaign: Campaign
    invitations: tuple[Invitation, ...]
    lease_until: datetime


@dataclass(frozen=True, slots=True)
class Offer:
    """A RUNNING campaign whose cohort includes an account; invitation: the account's, if any.

    delivered, deployment_delivered: how many deliveries the campaign, and all campaigns, made today.
    """

    campaign: Campaign
    invitation: Invitation | None
    delivered: int
    deployment_delivered: int


@dataclass(frozen=True, slots=True)
class Recording:
    """An invitation event to record."""

    request: Request
    account_token: str
    campaign_id: str
    method: ReverificationMethod
    event: InvitationEvent
    today: date
    now: ClockReading


@dataclass(frozen=True, slots=True)
class Recorded:
    """An invitation after an event, and its campaign."""

    campaign: Campaign
    invitation: Invitation


@dataclass(frozen=True, slots=True)
class Limited:
    """An account that a campaign's enforcement date limits or has limited."""

    account: Account
    campaign_id: str


class InvitationStore(Protocol):
    """Invitations. Every method raises UnavailableError (STORE_UNAVAILABLE) if the store cannot answer."""

    async def take(self, asked: DeliveryRequest, *, event: Event) -> Batch:
        """Lease due invitations of a campaign as a batch, or return the batch that this request leased.

        In one atomic step, durable before it returns:

        - A known request: the fingerprints must be equal, nothing is written, and the invitations of the
          batch that no later batch has leased are returned.
        - The campaign is locked; it must be the relying party's (NotFoundError) and pass
          campaign.rules.check_delivers. In its quiet hours the batch is empty.
        - Deliveries whose lease has ended come first, then due reminders, then accounts of the cohort without
          an invitation, within campaign.rules.allowance. Only accounts that pass
          campaign.invitation.rules.is_open are included. Each invitation is stored as
          campaign.invitation.rules.lease returns it, with the batch's id.
        - For HOSTED_LINK the hash of each code replaces the previous one.
        - The day's deliveries are counted for the campaign and for the deployment.
        - `event` is written with field count. An empty batch writes nothing, not even the request.

        Two batches must never hold the same invitation.
        """
        ...

    async def offers(self, *, relying_party: str, account_token: str, today: date) -> list[Offer]:
        """Return the offers for an imported account, ordered by the start of their campaigns."""
        ...

    async def campaign_of(self, *, account_token: str, code_hash: bytes, now: datetime) -> str:
        """Return the campaign of an invitation's code that has not expired, whatever claims it has admitted.

        Any other code, and that of a verified owner, raises PreconditionError (ILLEGAL_TRANSITION).
        """
        ...

    async def record(self, recording: Recording, *, event: Event) -> Recorded:
        """Store the result of campaign.invitation.rules.record with the event; a repeat changes nothing.

        The campaign is locked. It must be the relying party's (NotFoundError REQUEST_NOT_FOUND), and so must
        the account (ACCOUNT_NOT_FOUND). If the account has no invitation, one is created, provided that the
        campaign is RUNNING, the method is one of its methods and not delivered in batches, and the account
        belongs to the cohort and passes campaign.invitation.rules.is_open. Otherwise PreconditionError
        (ILLEGAL_TRANSITION) is raised and nothing is written. Deliveries are counted as in `take`.
        """
        ...


class EnforcementStore(Protocol):
    """Limits that enforcement dates set. Every method raises UnavailableError (STORE_UNAVAILABLE)."""

    async def enforceable(self, *, today: date, limit: int) -> list[Limited]:
        """Return accounts to limit today (campaign.invitation.rules.is_limited) that no campaign limits."""
        ...

    async def liftable(self, *, limit: int) -> list[Limited]:
        """Return accounts that are still limited by a campaign that has ENDED."""
        ...

    async def limit(self, limited: Limited, *, today: date, now: ClockReading, event: Event) -> bool:
        """Store the campaign's limit with the event and the campaign's id.

        The limit becomes one of what sets the account's standing (account.rules.sanction), which only it and
        nothing else changes. Must change nothing and return False unless the stored revision is
        account.revision and the campaign enforces today.
        """
        ...

    async def lift(self, limited: Limited, *, now: ClockReading, event: Event) -> bool:
        """Remove the campaign's limit with the event; what else sets the standing must stay.

        Must change nothing and return False unless the stored revision is account.revision and the campaign
        still limits the account.
        """
        ...


class InvitationCoder(Protocol):
    """Derives the one-time codes of invitations by link; the same batch gives the same codes."""

    def code(self, *, account_token: str, campaign_id: str, batch_id: str) -> str:
        """Return a 128-bit code that only a holder of the key can compute."""
        ...
