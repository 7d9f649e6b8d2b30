"""Keeps in the log what people tried and were refused: one entry a minute for each person and reason."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from idvault.domain.clock import ClockReading
from idvault.domain.error import IdvaultError, UnavailableError
from idvault.domain.event import Event, EventType
from idvault.flows.log.events import EventFactory
from idvault.ports.disclosure import DisclosureStore
from idvault.ports.entropy import Entropy

_VERB = "refuse"


class Refusals:
    """Writes refusals down before anybody is told of them."""

    def __init__(self, *, store: DisclosureStore, entropy: Entropy, observe: Callable[[str], None]) -> None:
        """Take the port, and who counts the verb of each refusal."""
        self._store = store
        self._events = EventFactory(entropy=entropy)
        self._observe = observe

    @asynccontextmanager
    async def logged(self, *, actor_id: str, now: ClockReading) -> AsyncIterator[None]:
        """Log a refusal that happens within, then let it pass.

        That something cannot be reached is no refusal. Raises UnavailableError if the refusal cannot be
        written: nobody is told what the log does not know.
        """
        try:
            yield
        except UnavailableError:
            raise
        except IdvaultError as error:
            await self.note(actor_id=actor_id, reason=error.reason.value, now=now)
            raise

    async def note(self, *, actor_id: str, reason: str, now: ClockReading) -> None:
        """Count one refusal, with its log entry if the last one was in another minute."""
        event = self._event(actor_id, reason, now)
        await self._store.refuse(actor_id=actor_id, reason=reason, now=now, event=event)
        self._observe(_VERB)

    async def flush(self, *, now: ClockReading) -> int:
        """Write the counts of those that have been silent so far; return how many entries that were."""
        count = 0
        for actor_id, reason in await self._store.silent(now=now.business):
            event = self._event(actor_id, reason, now)
            count += await self._store.flush(actor_id=actor_id, reason=reason, now=now, event=event)
        return count

    def _event(self, actor_id: str, reason: str, now: ClockReading) -> Event:
        return self._events.event(EventType.DISCLOSURE_REFUSE, actor_id=actor_id, now=now, reason=reason)
