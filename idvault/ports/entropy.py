"""Where randomness comes from, so that flows draw none unasked."""

from typing import Protocol


class Entropy(Protocol):
    """A source of random bytes."""

    def random(self, size: int) -> bytes:
        """Return size bytes that nobody can predict; must be the operating system's outside tests."""
        ...
