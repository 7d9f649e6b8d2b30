"""The registered platforms, monitors and web processes, with their pinned certificate keys."""

from dataclasses import dataclass
from typing import Protocol

from idvault.verify.event import Event


@dataclass(frozen=True, slots=True)
class PlatformPages:
    """How the hosted pages present a platform. title: empty for its name.

    origins: where its sessions may send a browser (verify.return_address).
    """

    title: str = ""
    origins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PresentedPlatform:
    """A platform that the hosted pages present, as they call it."""

    name: str
    title: str


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
