"""The registered platforms, monitors and web processes, with their pinned certificate keys."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from idvault.domain.clock import ClockReading
from idvault.domain.event import Event
from idvault.domain.request import Request


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


@dataclass(frozen=True, slots=True)
class PlatformPages:
    """How the hosted pages present a platform. title: empty for its name.

    origins: where its sessions may send a browser (domain.session.return_address).
    """

    title: str = ""
    origins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PresentedPlatform:
    """A platform that the hosted pages present, as they call it."""

    name: str
    title: str


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


class PresentationStore(Protocol):
    """How the hosted pages present platforms. Every method raises UnavailableError (STORE_UNAVAILABLE)."""

    async def present(self, pages: PlatformPages, *, name: str, event: Event) -> None:
        """Replace how the pages present a platform, with the event (fields name, title, origins).

        Writes nothing if nothing changes. Raises NotFoundError (ILLEGAL_TRANSITION) for an unknown platform
        and for the name of another role.
        """
        ...

    async def pages(self, *, name: str) -> PlatformPages:
        """Return how the pages present a platform; without origins if that was never set."""
        ...

    async def presented(self, *, after: str, limit: int) -> list[PresentedPlatform]:
        """Return up to limit platforms whose names follow `after`, by name.

        Only those that `present` was called for and that have a key which is not revoked.
        """
        ...

    async def presented_as(self, *, name: str) -> PresentedPlatform:
        """Return one platform of `presented`; raises NotFoundError (PLATFORM_NOT_FOUND)."""
        ...
