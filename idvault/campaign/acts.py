"""Creates, moves and reads campaigns."""

from hashlib import sha256

from idvault.campaign import rules as campaign_rules
from idvault.campaign.ports import CampaignProgress, CampaignStore
from idvault.campaign.rules import Campaign, CampaignPlan, Verb
from idvault.core.entropy import Entropy
from idvault.core.event_factory import EventFactory
from idvault.core.policy import OperatorPolicy
from idvault.core.request import Asked, Fingerprinter
from idvault.log.acts.guard import LogGuard
from idvault.verify import seal
from idvault.verify.clock import ClockReading
from idvault.verify.event import EventType

_PLAN_PURPOSE = "idvault/campaign-plan/v1"
_EVENTS = {
    Verb.START: EventType.CAMPAIGN_START,
    Verb.PAUSE: EventType.CAMPAIGN_PAUSE,
    Verb.RESUME: EventType.CAMPAIGN_RESUME,
    Verb.END: EventType.CAMPAIGN_END,
}


class CampaignFlow:
    """Campaigns of relying parties."""

    def __init__(
        self,
        *,
        store: CampaignStore,
        fingerprinter: Fingerprinter,
        guard: LogGuard,
        entropy: Entropy,
        policy: OperatorPolicy,
    ) -> None:
        """Initialise with the ports; policy: for its time zone."""
        self._store = store
        self._fingerprinter = fingerprinter
        self._guard = guard
        self._events = EventFactory(entropy=entropy)
        self._policy = policy

    async def create(self, asked: Asked, *, plan: CampaignPlan, now: ClockReading) -> Campaign:
        """Create a campaign; raises InvalidError, AlreadyExistsError and UnavailableError."""
        await self._guard.check(now=now)
        made = campaign_rules.make(
            campaign_id=self._events.new_id(),
            relying_party=asked.relying_party,
            plan=campaign_rules.check_plan(plan=plan, today=now.today(self._policy.zone)),
            now=now.business,
        )
        event = self._events.event(
            EventType.CAMPAIGN_CREATE,
            actor_id=asked.actor_id,
            now=now,
            campaign_id=made.campaign_id,
            plan_hash=sha256(seal.encode(_PLAN_PURPOSE, *asked.fields)).digest(),
        )
        return await self._store.create(made, request=asked.request(self._fingerprinter), event=event)

    async def move(self, asked: Asked, *, campaign_id: str, verb: Verb, now: ClockReading) -> Campaign:
        """Move a campaign; raises NotFoundError, PreconditionError, AlreadyExistsError, UnavailableError."""
        await self._guard.check(now=now)
        event = self._events.event(_EVENTS[verb], actor_id=asked.actor_id, now=now, campaign_id=campaign_id)
        return await self._store.move(
            campaign_id=campaign_id,
            verb=verb,
            request=asked.request(self._fingerprinter),
            now=now,
            event=event,
        )

    async def get(self, *, relying_party: str, campaign_id: str) -> Campaign:
        """Return a campaign; raises NotFoundError (REQUEST_NOT_FOUND)."""
        return await self._store.get(relying_party=relying_party, campaign_id=campaign_id)

    async def list(self, *, relying_party: str, start: int, limit: int) -> tuple[list[Campaign], int | None]:
        """Return a page of campaigns, oldest first, and the start of the next page (None at the end)."""
        found = await self._store.list(relying_party=relying_party, start=start, limit=limit + 1)
        return found[:limit], start + limit if len(found) > limit else None

    async def progress(self, *, relying_party: str, campaign_id: str) -> tuple[Campaign, CampaignProgress]:
        """Return a campaign with its figures; raises NotFoundError (REQUEST_NOT_FOUND)."""
        found = await self.get(relying_party=relying_party, campaign_id=campaign_id)
        return found, await self._store.progress(found)
