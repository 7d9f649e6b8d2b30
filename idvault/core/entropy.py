"""The source of randomness, passed to the flows that need it."""

from typing import Protocol


class Entropy(Protocol):
    """A source of random bytes."""

    def random(self, size: int) -> bytes:
        """Return size unpredictable bytes; outside tests they must come from the operating system."""
        ...
