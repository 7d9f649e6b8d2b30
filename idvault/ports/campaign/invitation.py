"""The acts and reads of invitations, of their codes, and of what an enforcement date does."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from idvault.domain.account import Account, Standing
from idvault.domain.campaign.campaign import Campaign, ReverificationMethod
from idvault.domain.campaign.invitation import Invitation, InvitationEvent
from idvault.domain.clock import ClockReading
from idvault.domain.event import Event
from idvault.domain.request import Request


@dataclass(frozen=True, slots=True)
class DeliveryRequest:
    """A batch to take for delivery.

    batch_id: 32 hex digits, the same for the same request. lease_until: real time.

    code_hash: the hash of the code that an account of the batch gets, for campaigns by link.
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
    """Invitations of a batch, with the campaign and until when they are held (real time)."""

    campaign: Campaign
    invitations: tuple[Invitation, ...]
    lease_until: datetime


@dataclass(frozen=True, slots=True)
class Offer:
    """A RUNNING campaign whose cohort has an account, with its invitation if there is one.

    delivered, deployment_delivered: how many deliveries were made today, by it and by all campaigns.
    """

    campaign: Campaign
    invitation: Invitation | None
    delivered: int
    deployment_delivered: int


@dataclass(frozen=True, slots=True)
class Recording:
    """An event to record."""

    request: Request
    account_token: str
    campaign_id: str
    method: ReverificationMethod
    event: InvitationEvent
    today: date
    now: ClockReading


@dataclass(frozen=True, slots=True)
class Recorded:
    """An invitation after an event, with its campaign."""

    campaign: Campaign
    invitation: Invitation


@dataclass(frozen=True, slots=True)
class Limited:
    """An account that a campaign's enforcement date limits, or limited; former: its standing before."""

    account: Account
    campaign_id: str
    former: Standing


class InvitationStore(Protocol):
    """Invitations. Raises UnavailableError (STORE_UNAVAILABLE) where the store cannot answer."""

    async def take(self, asked: DeliveryRequest, *, event: Event) -> Batch:
        """Take what is due of a campaign, or find the batch that this request already took.

        In one atomic step, durable before it returns:

        - A known request: the fingerprints must be equal, nothing is written, and the batch is answered as
          far as no later one took it over.
        - The campaign is locked; it must be the relying party's (NotFoundError) and pass
          domain.campaign.check_delivers. In its quiet hours the batch is empty.
        - First come deliveries whose lease ran out, then reminders that are due, then members of the cohort
          who have no invitation, as far as domain.campaign.allowance lets them; only accounts that pass
          domain.invitation.is_open. Each is stored as domain.invitation.lease with the batch's id.
        - For HOSTED_LINK the hash of each code is stored in the place of the one before it.
        - The day's deliveries are counted, for the campaign and for the deployment.
        - `event` is written with field count. An empty batch writes nothing at all, not even the request.

        Two batches never hold one invitation.
        """
        ...

    async def offers(self, *, relying_party: str, account_token: str, today: date) -> list[Offer]:
        """Return what may be offered to an imported account, campaigns that started earlier first."""
        ...

    async def record(self, recording: Recording, *, event: Event) -> Recorded:
        """Store domain.invitation.record with the event; a repeat answers the invitation as it is now.

        The campaign is locked and must be the relying party's (NotFoundError REQUEST_NOT_FOUND), the account
        too (ACCOUNT_NOT_FOUND). Without an invitation one is made, but only by a RUNNING campaign that has
        this method, not by batches, for an account of its cohort that passes domain.invitation.is_open;
        else PreconditionError (ILLEGAL_TRANSITION), and nothing is left behind. Deliveries count as in
        `take`.
        """
        ...


class EnforcementStore(Protocol):
    """Limits and unlimits accounts at enforcement dates; raises UnavailableError (STORE_UNAVAILABLE)."""

    async def enforceable(self, *, today: date, limit: int) -> list[Limited]:
        """Return accounts that domain.campaign.enforces and domain.invitation.limit would limit today."""
        ...

    async def liftable(self, *, limit: int) -> list[Limited]:
        """Return accounts that an ENDED campaign limited."""
        ...

    async def limit(self, limited: Limited, *, today: date, event: Event) -> bool:
        """Store domain.invitation.limit of the account with the event, and which campaign did it.

        Must change nothing and return False unless the stored revision is account.revision and the campaign
        enforces today.
        """
        ...

    async def lift(self, limited: Limited, *, event: Event) -> bool:
        """Store domain.invitation.lift of the account with the event, and forget the campaign.

        Must change nothing and return False unless the stored revision is account.revision.
        """
        ...


class InvitationCoder(Protocol):
    """Makes the one-time codes of invitations by link: the same batch gives the same codes."""

    def code(self, *, account_token: str, campaign_id: str, batch_id: str) -> str:
        """Return a code of 128 bits that only a holder of the key can tell."""
        ...
