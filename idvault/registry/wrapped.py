"""What a registry that wraps another one passes on unchanged."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from idvault.registry.ports import RegistryLimits
from idvault.verify.document import DocumentType

_Inner = TypeVar("_Inner", bound=RegistryLimits)


@dataclass(kw_only=True, eq=False)
class WrappedRegistry(Generic[_Inner]):
    """The wrapped registry's limits; a subclass adds how it checks and queries (registry.ports.Registry)."""

    inner: _Inner

    @property
    def name_limit(self) -> int:
        """Return the wrapped registry's limit."""
        return self.inner.name_limit

    @property
    def document_types(self) -> frozenset[DocumentType]:
        """Return the wrapped registry's document types."""
        return self.inner.document_types

    @property
    def can_query(self) -> bool:
        """Return the wrapped registry's answer."""
        return self.inner.can_query
