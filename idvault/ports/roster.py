"""Which roster versions this deployment has adopted."""

from typing import Protocol

from idvault.domain.event import Event
from idvault.domain.moment import Moment


class RosterStore(Protocol):
    """Raises UnavailableError (STORE_UNAVAILABLE) where the store cannot answer."""

    async def adopt(self, *, version: int, digest: str, now: Moment, event: Event) -> bool:
        """Note a version once, with its event (fields version, hash); True if this call was the one.

        The same version with another hash, or a version lower than one adopted before, raises
        PreconditionError (ROSTER_INVALID).
        """
        ...
