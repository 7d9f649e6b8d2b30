"""Periodic work on disclosures: expires them, destroys shares, and logs what has no entry yet.

A disclosure of before releases were logged has no log entry. Its entry has the time of the M-th approval, so
that the person's history lists it by the same horizon as the others.
"""

from collections.abc import Callable

from idvault.core.entropy import Entropy
from idvault.core.event_factory import EventFactory
from idvault.disclosure.acts.refusal import Refusals
from idvault.disclosure.ports import DisclosureStore
from idvault.verify.clock import ClockReading
from idvault.verify.event import SYSTEM_ACTOR, EventType


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
        """Log, expire and destroy what is due; return how many disclosures were due."""
        missing = await self._log_missing(now=now, limit=limit)
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
        return missing + len(due)

    async def _log_missing(self, *, now: ClockReading, limit: int) -> int:
        """Log disclosures that have no entry; return how many there were."""
        found = await self._store.unlogged(now=now.business, limit=limit)
        for disclosure in found:
            event = self._events.event(
                EventType.DISCLOSURE_DISCLOSE,
                actor_id=SYSTEM_ACTOR,
                now=ClockReading(disclosure.disclosed_at or now.business, now.real),
                account_token=disclosure.account_token,
                disclosure_id=disclosure.disclosure_id,
                auditor_actor_id=disclosure.auditor_actor_id,
            )
            if await self._store.disclose(disclosure_id=disclosure.disclosure_id, event=event):
                self._observe("disclose")
        return len(found)
