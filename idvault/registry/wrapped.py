"""What a registry that wraps another one passes on unchanged."""

from idvault.domain.document import DocumentType
from idvault.ports.registry import Registry


class WrappedRegistry:
    """The wrapped registry's limits; a subclass adds how it checks and queries (ports.registry.Registry)."""

    def __init__(self, inner: Registry) -> None:
        """Wrap a registry."""
        self._inner = inner

    @property
    def name_limit(self) -> int:
        """Return the wrapped registry's limit."""
        return self._inner.name_limit

    @property
    def document_types(self) -> frozenset[DocumentType]:
        """Return the wrapped registry's document types."""
        return self._inner.document_types

    @property
    def can_query(self) -> bool:
        """Return the wrapped registry's answer."""
        return self._inner.can_query
