"""Makes the one-time codes of invitations by link: HMAC-SHA256 under a sub-key of the request key.

A code is valid for a day at most; a repeat of its request is under the same version of the request key
(sealing.request).
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass

from idvault.core import invitation_code
from idvault_verify import seal

_CODE_BYTES = 16


class KeyedInvitationCoder:
    """Derives codes, so that a repeated request gets the same codes (InvitationCoder in ports)."""

    def __init__(self, *, key: bytes) -> None:
        """Derive the sub-key from the 32-byte request key."""
        self._key = hmac.digest(key, seal.encode("idvault/invitation-code-key/v1"), "sha256")

    def code(self, *, account_token: str, campaign_id: str, batch_id: str) -> str:
        """Return a 128-bit code that only a holder of the key can compute."""
        message = seal.encode("idvault/invitation-code/v1", account_token, campaign_id, batch_id)
        return invitation_code.code(hmac.digest(self._key, message, "sha256")[:_CODE_BYTES])


@dataclass(kw_only=True, eq=False, repr=False)
class CurrentInvitationCoder:
    """Derives codes under the request key of the running call (InvitationCoder in ports)."""

    current: Callable[[], bytes]

    def code(self, *, account_token: str, campaign_id: str, batch_id: str) -> str:
        """Return the code; raises KeyMissingError if the file lacks the version in use."""
        coder = KeyedInvitationCoder(key=self.current())
        return coder.code(account_token=account_token, campaign_id=campaign_id, batch_id=batch_id)
