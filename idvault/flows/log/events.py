"""Makes the events that acts carry, with fresh ids and opening keys."""

from dataclasses import dataclass

from idvault.domain.clock import ClockReading
from idvault.domain.event import Event, EventType
from idvault.domain.seal import Part
from idvault.ports.entropy import Entropy

_ID_SIZE = 16
_KEY_SIZE = 32


@dataclass(kw_only=True, eq=False, repr=False)
class EventFactory:
    """Draws what an event needs and nobody can guess."""

    entropy: Entropy

    def event(
        self, kind: EventType, *, actor_id: str, now: ClockReading, account_token: str = "", **fields: Part
    ) -> Event:
        """Return a new event of a moment; account_token is empty where none is concerned."""
        return Event(
            kind,
            actor_id,
            account_token,
            now.business,
            now.real,
            self.new_id(),
            self.entropy.random(_KEY_SIZE),
            fields,
        )

    def new_id(self) -> str:
        """Return 16 random bytes in hex."""
        return self.entropy.random(_ID_SIZE).hex()
