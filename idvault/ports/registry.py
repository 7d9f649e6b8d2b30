"""A registry of people or of organisations that says whether a name and a number belong together."""

from typing import Protocol

from idvault.domain.claim import Identity
from idvault.domain.document import DocumentType
from idvault.domain.registry import RegistryAnswer


class Registry(Protocol):
    """One registry. Calls never raise: whatever goes wrong is one of the answers."""

    @property
    def name_limit(self) -> int:
        """How many code points a name may have."""
        ...

    @property
    def document_types(self) -> frozenset[DocumentType]:
        """Which documents it can check."""
        ...

    @property
    def can_query(self) -> bool:
        """Whether it tells by query what became of a check.

        Where it does not, the check itself may be sent again under the same id with the same identity: the
        registry answers it again, from memory or, where it forgot, by deciding (and charging) it anew.
        """
        ...

    async def check(self, *, ai: str, identity: Identity, patience: float) -> RegistryAnswer:
        """Ask whether the identity is real, under an id that is bound to it for ever.

        Must return within patience seconds. NOT_SENT only where surely nothing was taken; UNKNOWN in doubt.
        """
        ...

    async def query(self, *, ai: str, patience: float) -> RegistryAnswer:
        """Ask what became of a check. NOT_FOUND: the registry knows none; never called unless can_query."""
        ...
