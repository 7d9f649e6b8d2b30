"""Recognises a platform's own reference again without keeping it: HMAC-SHA256 under the reference key.

The key is a purpose of its own, not a part of the request key: a request is forgotten after 7 days and its
key may be changed then, but a reference must be recognised as long as its account lives.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from idvault.domain import seal

_PURPOSE = "idvault/reference/v1"


@dataclass(kw_only=True, eq=False, repr=False)
class KeyedReferencer:
    """Hashes references under one key for all processes (ports.campaign.legacy_account.Referencer)."""

    key: bytes

    def references(self, *, relying_party: str, references: Sequence[str]) -> list[bytes]:
        """Return the keyed hash of each reference, 32 bytes."""
        # encode(a, b, c) is encode(a, b) and encode(c) after one another: the first part is made once.
        head = seal.encode(_PURPOSE, relying_party)
        return [hmac.digest(self.key, head + seal.encode(one), "sha256") for one in references]
