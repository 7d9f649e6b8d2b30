"""Placeholder for a subject kind that has no registry in this deployment: accepts no document."""

from idvault.registry.ports import CallTurn, Reserved
from idvault_verify.claim import Identity
from idvault_verify.document import DocumentType
from idvault_verify.registry import RegistryAnswer


class AbsentRegistry:
    """No registry (registry.ports.Registry).

    If a registry is removed from the settings, its waiting claims keep waiting until it is configured again
    or their 48 hours are over.
    """

    @property
    def name_limit(self) -> int:
        """Return 1; the limit is never used."""
        return 1

    @property
    def document_types(self) -> frozenset[DocumentType]:
        """Return an empty set."""
        return frozenset()

    @property
    def can_query(self) -> bool:
        """Return True, so that a check that may have been sent is not sent again."""
        return True

    def turn(self, *, patience: float) -> CallTurn | None:
        """Return None: nothing is sent."""
        return None

    async def check(
        self, *, ai: str, identity: Identity, patience: float, reserved: Reserved | None = None
    ) -> RegistryAnswer:
        """Send nothing."""
        return RegistryAnswer.NOT_SENT

    async def probe(self, *, ai: str, patience: float, reserved: Reserved | None = None) -> RegistryAnswer:
        """Send nothing."""
        return RegistryAnswer.NOT_SENT

    async def query(self, *, ai: str, patience: float) -> RegistryAnswer:
        """Send nothing."""
        return RegistryAnswer.NOT_SENT
