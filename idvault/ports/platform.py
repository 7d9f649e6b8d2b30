"""The registered platforms and monitors, with their pinned certificate keys."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from idvault.domain.clock import ClockReading
from idvault.domain.event import Event
from idvault.domain.request import Request


@dataclass(frozen=True, slots=True)
class Platform:
    """One registered certificate key of a platform or monitor.

    role: "platform" or "monitor". actor_id: 16 random bytes in hex, fixed for a name. spki: SHA-256 of the
    certificate's SubjectPublicKeyInfo, in hex. A name may have several keys during a key change.
    """

    name: str
    role: str
    actor_id: str
    spki: str
    registered_at: datetime
    revoked_at: datetime | None = None


class PlatformStore(Protocol):
    """Every method raises UnavailableError (STORE_UNAVAILABLE) if the store cannot answer."""

    async def register(
        self, platform: Platform, *, now: ClockReading, event: Event, request: Request | None = None
    ) -> Platform:
        """Store a key with its event (fields name, role, spki) and return the stored key.

        A roster member's request row comes first: a repeat writes nothing and returns the key in its current
        state. A known name keeps its actor_id. If the key is registered and not revoked, nothing is written.
        A revoked key, or a name known in the other role, raises AlreadyExistsError.
        """
        ...

    async def revoke(
        self, *, name: str, spki: str, now: ClockReading, event: Event, request: Request | None = None
    ) -> Platform:
        """Revoke a key with its event (fields name, role, spki); raises NotFoundError.

        A key that is revoked already is left as it is. A roster member's request row comes first, as in
        `register`.
        """
        ...

    async def all(self) -> list[Platform]:
        """Return every key, including revoked ones."""
        ...
