"""Makes the one-time codes of invitations by link: HMAC-SHA256 under a sub-key of the request key.

A code is valid for a day at most, so rotating the request key soon afterwards does no harm.
"""

import hmac

from idvault.domain import seal
from idvault.domain.campaign import invitation

_CODE_BYTES = 16


class KeyedInvitationCoder:
    """Derives codes, so that a repeated request gets the same codes (InvitationCoder in ports)."""

    def __init__(self, *, key: bytes) -> None:
        """Derive the sub-key from the 32-byte request key."""
        self._key = hmac.digest(key, seal.encode("idvault/invitation-code-key/v1"), "sha256")

    def code(self, *, account_token: str, campaign_id: str, batch_id: str) -> str:
        """Return a 128-bit code that only a holder of the key can compute."""
        message = seal.encode("idvault/invitation-code/v1", account_token, campaign_id, batch_id)
        return invitation.code(hmac.digest(self._key, message, "sha256")[:_CODE_BYTES])
