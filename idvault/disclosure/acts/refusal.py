"""Logs refused attempts of roster members: at most one entry a minute for each actor and reason."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from idvault.core.entropy import Entropy
from idvault.core.event_factory import EventFactory
from idvault.disclosure.ports import DisclosureStore
from idvault.verify.clock import ClockReading
from idvault.verify.error import IdvaultError, UnavailableError
from idvault.verify.event import Event, EventType

_VERB = "refuse"


class Refusals:
    """Writes a refusal to the log before the caller receives it."""

    def __init__(self, *, store: DisclosureStore, entropy: Entropy, observe: Callable[[str], None]) -> None:
        """Initialise with the port. observe: counts the verb."""
        self._store = store
        self._events = EventFactory(entropy=entropy)
        self._observe = observe

    @asynccontextmanager
    async def logged(self, *, actor_id: str, now: ClockReading) -> AsyncIterator[None]:
        """Log a refusal raised in the context, then re-raise it.

        UnavailableError is not a refusal. If the refusal cannot be written to the log, UnavailableError is
        raised instead of it.
        """
        try:
            yield
        except UnavailableError:
            raise
        except IdvaultError as error:
            await self.note(actor_id=actor_id, reason=error.reason.value, now=now)
            raise

    async def note(self, *, actor_id: str, reason: str, now: ClockReading) -> None:
        """Count one refusal, with a log entry if the last entry was in another minute."""
        event = self._event(actor_id, reason, now)
        await self._store.refuse(actor_id=actor_id, reason=reason, now=now, event=event)
        self._observe(_VERB)

    async def flush(self, *, now: ClockReading) -> int:
        """Write log entries for the refusals that are only counted so far; return how many entries."""
        count = 0
        for actor_id, reason in await self._store.silent(now=now.business):
            event = self._event(actor_id, reason, now)
            count += await self._store.flush(actor_id=actor_id, reason=reason, now=now, event=event)
        return count

    def _event(self, actor_id: str, reason: str, now: ClockReading) -> Event:
        return self._events.event(EventType.DISCLOSURE_REFUSE, actor_id=actor_id, now=now, reason=reason)
