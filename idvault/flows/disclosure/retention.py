"""What time alone does to disclosures: they expire, shares are destroyed, silent counts are written."""

from collections.abc import Callable

from idvault.domain.clock import ClockReading
from idvault.domain.event import SYSTEM_ACTOR, EventType
from idvault.flows.disclosure.refusal import Refusals
from idvault.flows.log.events import EventFactory
from idvault.ports.disclosure import DisclosureStore
from idvault.ports.entropy import Entropy


class DisclosureRetention:
    """Sweeps that may run in any number of processes, as often as they like."""

    def __init__(
        self,
        *,
        store: DisclosureStore,
        refusals: Refusals,
        entropy: Entropy,
        observe: Callable[[str], None],
    ) -> None:
        """Take the ports, and who counts each verb."""
        self._store = store
        self._refusals = refusals
        self._events = EventFactory(entropy=entropy)
        self._observe = observe

    async def sweep(self, *, now: ClockReading, limit: int) -> int:
        """Expire what is due, destroy shares that nobody may have any more; return how many were due."""
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
