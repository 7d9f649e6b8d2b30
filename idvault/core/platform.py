"""Platforms whose certificates may call."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from idvault.core.request import Request
from idvault.verify.clock import ClockReading
from idvault.verify.event import Event


@dataclass(frozen=True, slots=True)
class Platform:
    """One registered certificate key of a platform, moderator, monitor or web process.

    role: "platform", "moderator", "monitor" or "web"; a moderator's name is the id, and relying_party the
    platform. actor_id: 16 random bytes in hex, fixed for a name. spki: SHA-256 of
    the certificate's SubjectPublicKeyInfo, in hex. A name may have several keys during a key change.
    """

    name: str
    role: str
    actor_id: str
    spki: str
    registered_at: datetime
    revoked_at: datetime | None = None
    relying_party: str = ""


class PlatformStore(Protocol):
    """Every method raises UnavailableError (STORE_UNAVAILABLE) if the store cannot answer."""

    async def register(
        self, platform: Platform, *, now: ClockReading, event: Event, request: Request | None = None
    ) -> Platform:
        """Store a key with its event (fields name, role, spki) and return the stored key.

        A roster member's request row comes first: a repeat writes nothing and returns the key in its current
        state. A known name keeps its actor_id. If the key is registered and not revoked, nothing is written.
        A revoked key, or a name known in the other role, raises AlreadyExistsError. A moderator must be
        registered (MODERATOR_NOT_FOUND) and not revoked (MODERATOR_REVOKED).
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
        """Return every key, including revoked ones; a revoked moderator's keys count as revoked."""
        ...
