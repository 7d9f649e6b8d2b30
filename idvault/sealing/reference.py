"""Recognises a platform's reference without storing it: HMAC-SHA256 under the reference key.

The key has a separate purpose and is not derived from the request key: requests are deleted after 7 days and
their key may then change, but a reference must be recognised for as long as its account exists.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from idvault_verify import seal

_PURPOSE = "idvault/reference/v1"


@dataclass(kw_only=True, eq=False, repr=False)
class KeyedReferencer:
    """Hashes references under one key for all processes (campaign.ports.Referencer)."""

    key: bytes

    def references(self, *, relying_party: str, references: Sequence[str]) -> list[bytes]:
        """Return the keyed hash of each reference, 32 bytes."""
        # encode(a, b, c) equals encode(a, b) + encode(c), so the first part is computed once.
        head = seal.encode(_PURPOSE, relying_party)
        return [hmac.digest(self.key, head + seal.encode(one), "sha256") for one in references]
