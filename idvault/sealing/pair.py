"""Recognises a pair of number and name that is tried again: HMAC-SHA256 under a key that is never stored.

The mark is stored with the person's attempts. If its key were stored, a thief could test names against it.
So each process draws its own key and keeps it in memory; a pair therefore counts once per process.
"""

import hmac

from idvault.core.entropy import Entropy
from idvault.verify import seal
from idvault.verify.claim import Identity

_PURPOSE = "idvault/attempt/v1"
_KEY_SIZE = 32


class MemoryPairMarker:
    """Marks pairs under a key that only this process knows (sealing.ports.PairMarker)."""

    def __init__(self, *, entropy: Entropy) -> None:
        """Draw the key."""
        self._key = entropy.random(_KEY_SIZE)

    def mark(self, *, relying_party: str, identity: Identity) -> bytes:
        """Return the keyed hash of relying party, document type, number and name."""
        document = identity.document
        message = seal.encode(_PURPOSE, relying_party, document.type.value, document.number, identity.name)
        return hmac.digest(self._key, message, "sha256")
