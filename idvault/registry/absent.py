"""Stands where a deployment has no registry for a kind of owner: takes no document, and is never asked."""

from idvault.domain.claim import Identity
from idvault.domain.document import DocumentType
from idvault.domain.registry import RegistryAnswer


class AbsentRegistry:
    """No registry (ports.registry.Registry).

    A claim that waited when the registry was taken out of the settings waits on, until it comes back or the
    48 hours are over.
    """

    @property
    def name_limit(self) -> int:
        """Return 1: no name is ever looked at."""
        return 1

    @property
    def document_types(self) -> frozenset[DocumentType]:
        """Return nothing."""
        return frozenset()

    @property
    def can_query(self) -> bool:
        """Return True: a check that may have been sent is not to be sent again by anybody here."""
        return True

    async def check(self, *, ai: str, identity: Identity, patience: float) -> RegistryAnswer:
        """Send nothing."""
        return RegistryAnswer.NOT_SENT

    async def query(self, *, ai: str, patience: float) -> RegistryAnswer:
        """Send nothing."""
        return RegistryAnswer.NOT_SENT
