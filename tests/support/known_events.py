"""Events that a test knows beforehand."""

from dataclasses import dataclass, replace
from typing import Any

from idvault.core.event_factory import EventFactory
from idvault.verify.event import Event


@dataclass(kw_only=True, eq=False, repr=False)
class KnownEvents(EventFactory):
    """Makes events with the id and the opening key of a known one."""

    known: Event

    def event(self, *args: Any, **fields: Any) -> Event:
        """Return an event that is the known one if the act says the same of it."""
        made = super().event(*args, **fields)
        return replace(made, entry_id=self.known.entry_id, opening_key=self.known.opening_key)
