"""The acts and reads of campaigns, and the figures of their progress."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from idvault.domain.campaign.campaign import Campaign, ReverificationMethod, Verb
from idvault.domain.campaign.invitation import Stage
from idvault.domain.clock import ClockReading
from idvault.domain.event import Event
from idvault.domain.request import Request


@dataclass(frozen=True, slots=True)
class CampaignProgress:
    """How far a campaign has come.

    reached: how many owners reached each stage, by day, method and stage. verified: how many accounts of the
    cohort were first verified on each day.
    """

    cohort_size: int
    reached: Mapping[tuple[date, ReverificationMethod, Stage], int]
    verified: Mapping[date, int]


class CampaignStore(Protocol):
    """Campaigns. Raises UnavailableError (STORE_UNAVAILABLE) where the store cannot answer."""

    async def create(self, campaign: Campaign, *, request: Request, event: Event) -> Campaign:
        """Store a campaign with its event; return it, or the one that this request already made.

        The request row comes first; if it exists the fingerprints must be equal and nothing is written.
        """
        ...

    async def move(
        self, *, campaign_id: str, verb: Verb, request: Request, now: ClockReading, event: Event
    ) -> Campaign:
        """Store domain.campaign.move of the campaign with the event; a repeat returns it as it is.

        Raises NotFoundError (REQUEST_NOT_FOUND) for another party's campaign too, and what `move` raises; a
        refusal leaves nothing behind.
        """
        ...

    async def get(self, *, relying_party: str, campaign_id: str) -> Campaign:
        """Return a campaign; raises NotFoundError (REQUEST_NOT_FOUND)."""
        ...

    async def list(self, *, relying_party: str, start: int, limit: int) -> list[Campaign]:
        """Return campaigns in the order of their making, from a place on."""
        ...

    async def progress(self, campaign: Campaign) -> CampaignProgress:
        """Return the figures of a campaign as they are now."""
        ...

    async def people(self) -> Mapping[tuple[ReverificationMethod, Stage], int]:
        """Return how many owners reached each stage of all RUNNING campaigns."""
        ...
