"""What campaigns need of the keys: codes of invitations, and hashes of platforms' references."""

from collections.abc import Sequence
from typing import Protocol


class InvitationCoder(Protocol):
    """Derives the one-time codes of invitations by link; the same batch gives the same codes."""

    def code(self, *, account_token: str, campaign_id: str, batch_id: str) -> str:
        """Return a 128-bit code that only a holder of the key can compute."""
        ...


class Referencer(Protocol):
    """Recognises a platform's reference without storing it."""

    def references(self, *, relying_party: str, references: Sequence[str]) -> list[bytes]:
        """Return the keyed hash of each reference, 32 bytes."""
        ...
