"""Storage of campaigns and of their progress figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from idvault.campaign.invitation.rules import Stage
from idvault.campaign.rules import Campaign, ReverificationMethod, Verb
from idvault.core.request import Request
from idvault.verify.clock import ClockReading
from idvault.verify.event import Event


@dataclass(frozen=True, slots=True)
class CampaignProgress:
    """The progress of a campaign.

    reached: how many owners reached each stage, by day, method and stage. verified: how many accounts of the
    cohort were first verified on each day. unanswered: how many owners were shown the invitation and have
    neither postponed nor dismissed it, and have submitted nothing.
    """

    cohort_size: int
    reached: Mapping[tuple[date, ReverificationMethod, Stage], int]
    verified: Mapping[date, int]
    unanswered: int


class CampaignStore(Protocol):
    """Campaigns. Every method raises UnavailableError (STORE_UNAVAILABLE) if the store cannot answer."""

    async def create(self, campaign: Campaign, *, request: Request, event: Event) -> Campaign:
        """Store a campaign with its event; return it, or the one that this request already created.

        The request row comes first. If it exists, the fingerprints must be equal and nothing is written.
        """
        ...

    async def move(
        self, *, campaign_id: str, verb: Verb, request: Request, now: ClockReading, event: Event
    ) -> Campaign:
        """Store the result of campaign.rules.move with the event; a repeat changes nothing.

        Raises NotFoundError (REQUEST_NOT_FOUND), also for another relying party's campaign, and what `move`
        raises. A refusal must write nothing.
        """
        ...

    async def get(self, *, relying_party: str, campaign_id: str) -> Campaign:
        """Return a campaign; raises NotFoundError (REQUEST_NOT_FOUND)."""
        ...

    async def list(self, *, relying_party: str, start: int, limit: int) -> list[Campaign]:
        """Return up to limit campaigns in order of creation, skipping the first `start`."""
        ...

    async def progress(self, campaign: Campaign) -> CampaignProgress:
        """Return the current figures of a campaign."""
        ...

    async def people(self) -> Mapping[tuple[ReverificationMethod, Stage], int]:
        """Return how many owners reached each stage, over all RUNNING campaigns."""
        ...
