"""The codes of links."""

from typing import Protocol


class LinkCoder(Protocol):
    """Derives the codes of links, so that a repeated request gets the same link and no code is stored."""

    def code(self, *, relying_party: str, request_id: str) -> str:
        """Return a code of 128 bits that only a holder of the key can compute."""
        ...
