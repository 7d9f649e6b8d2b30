"""Events that a test knows beforehand."""

from dataclasses import replace
from typing import Any

from idvault.core.entropy import Entropy
from idvault.core.log_entry import EventFactory
from idvault_verify.event import Event


class KnownEvents(EventFactory):
    """Makes events with the ids and the opening keys of known ones."""

    def __init__(self, *known: Event, entropy: Entropy) -> None:
        """Set what is known, by its type."""
        super().__init__(entropy=entropy)
        self._known = {each.type: each for each in known}

    def event(self, *args: Any, **fields: Any) -> Event:
        """Return an event that is the known one of its type if the act says the same of it."""
        made = super().event(*args, **fields)
        if made.type not in self._known:
            return made
        known = self._known[made.type]
        return replace(made, entry_id=known.entry_id, opening_key=known.opening_key)
