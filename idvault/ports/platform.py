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

    role: "platform" or "monitor". actor_id: 16 random bytes in hex, one for a name for ever. spki: SHA-256 of
    the certificate's SubjectPublicKeyInfo, in hex. One name may have several keys while it changes them.
    """

    name: str
    role: str
    actor_id: str
    spki: str
    registered_at: datetime
    revoked_at: datetime | None = None


class PlatformStore(Protocol):
    """Raises UnavailableError (STORE_UNAVAILABLE) where the store cannot answer."""

    async def register(
        self, platform: Platform, *, now: ClockReading, event: Event, request: Request | None = None
    ) -> Platform:
        """Store a key with its event (fields name, role, spki) and return it as stored.

        A person's request comes first: a repeat writes nothing and returns the key as it is now.
        A name that is known keeps its actor_id. A key that is registered and not revoked is returned as it
        is, and nothing is written. A revoked key, or a name
        known in the other role, raises AlreadyExistsError.
        """
        ...

    async def revoke(
        self, *, name: str, spki: str, now: ClockReading, event: Event, request: Request | None = None
    ) -> Platform:
        """Revoke a key with its event; NotFoundError if unknown; if it is revoked, nothing is written.

        A person's request comes first, as in `register`.
        """
        ...

    async def all(self) -> list[Platform]:
        """Return every key, revoked ones too."""
        ...
