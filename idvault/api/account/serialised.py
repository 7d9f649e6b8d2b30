"""A response that is serialised already; the edge treats it like a message."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Serialised:
    """The bytes of a message."""

    content: bytes

    def SerializeToString(self) -> bytes:
        """Return the bytes."""
        return self.content
