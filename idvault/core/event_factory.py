"""Makes events with random ids and opening keys.

- A field is filled in once: by the use case that makes the event, or by the store's act.
- The store adds only what it alone knows: what the act has found, counted or stored (Event.with_fields).
"""

from dataclasses import dataclass

from idvault.core.entropy import Entropy
from idvault_verify.clock import ClockReading
from idvault_verify.event import Event, EventType
from idvault_verify.seal import Part

_ID_SIZE = 16
_KEY_SIZE = 32


@dataclass(kw_only=True, eq=False, repr=False)
class EventFactory:
    """Makes events; draws their ids and opening keys from the entropy source."""

    entropy: Entropy

    def event(
        self, kind: EventType, *, actor_id: str, now: ClockReading, account_token: str = "", **fields: Part
    ) -> Event:
        """Return a new event; account_token: empty if no account is concerned."""
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
