"""Makes the codes of sessions' links: HMAC-SHA256 under a sub-key of the request key.

A code is derived from the caller's random request id, which is not stored: a thief with the key and the
database cannot compute it. It is valid for 15 minutes; a repeat of its request is under the same version of
the request key (sealing.request).
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass

from idvault_verify import seal, secret


class KeyedLinkCoder:
    """Derives codes, so that a repeated request gets the same link (LinkCoder in ports)."""

    def __init__(self, *, key: bytes) -> None:
        """Derive the sub-key from the 32-byte request key."""
        self._key = hmac.digest(key, seal.encode("idvault/session-link-key/v1"), "sha256")

    def code(self, *, relying_party: str, request_id: str) -> str:
        """Return a 128-bit code that only a holder of the key can compute."""
        message = seal.encode("idvault/session-link-code/v1", relying_party, request_id)
        return secret.make(hmac.digest(self._key, message, "sha256")[: secret.SIZE])


@dataclass(kw_only=True, eq=False, repr=False)
class CurrentLinkCoder:
    """Derives codes under the request key of the running call (LinkCoder in ports)."""

    current: Callable[[], bytes]

    def code(self, *, relying_party: str, request_id: str) -> str:
        """Return the code; raises KeyMissingError if the file lacks the version in use."""
        return KeyedLinkCoder(key=self.current()).code(relying_party=relying_party, request_id=request_id)
