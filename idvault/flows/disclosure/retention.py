"""Periodic work on disclosures: expires them, destroys shares, and logs silent refusals."""

from collections.abc import Callable

from idvault.domain.clock import ClockReading
from idvault.domain.event import SYSTEM_ACTOR, EventType
from idvault.flows.disclosure.refusal import Refusals
from idvault.flows.log.events import EventFactory
from idvault.ports.disclosure import DisclosureStore
from idvault.ports.entropy import Entropy


class DisclosureRetention:
    """Sweeps that are safe to run at any time in any number of processes."""

    def __init__(
        self,
        *,
        store: DisclosureStore,
        refusals: Refusals,
        entropy: Entropy,
        observe: Callable[[str], None],
    ) -> None:
        """Initialise with the ports. observe: counts verbs."""
        self._store = store
        self._refusals = refusals
        self._events = EventFactory(entropy=entropy)
        self._observe = observe

    async def sweep(self, *, now: ClockReading, limit: int) -> int:
        """Expire due disclosures and destroy shares no longer needed; return how many were due."""
        due = await self._store.due(now=now.business, limit=limit)
        for disclosure in due:
            event = self._events.event(
                EventType.DISCLOSURE_EXPIRE,
                actor_id=SYSTEM_ACTOR,
                now=now,
                account_token=disclosure.account_token,
                disclosure_id=disclosure.disclosure_id,
            )
            changed = await self._store.expire(disclosure_id=disclosure.disclosure_id, now=now, event=event)
            if changed is not None:
                self._observe("expire")
        await self._refusals.flush(now=now)
        return len(due)
