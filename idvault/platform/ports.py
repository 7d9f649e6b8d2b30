"""How the hosted pages present platforms, for the capabilities that read it through a port."""

from typing import Protocol

from idvault.platform.rules import PlatformPages, PresentedPlatform


class PresentationStore(Protocol):
    """How the hosted pages present platforms. Every method raises UnavailableError (STORE_UNAVAILABLE)."""

    async def pages(self, *, name: str) -> PlatformPages:
        """Return how the pages present a platform; without origins if that was never set."""
        ...

    async def presented(self, *, after: str, limit: int) -> list[PresentedPlatform]:
        """Return up to limit platforms whose names follow `after`, by name.

        Only those that have a presentation and a key which is not revoked.
        """
        ...

    async def presented_as(self, *, name: str) -> PresentedPlatform:
        """Return one platform of `presented`; raises NotFoundError (PLATFORM_NOT_FOUND)."""
        ...
