"""What the vault signs of a disclosure history: account, horizon, time, and the whole list with its counts.

- Every field of every entry is covered, and the checkpoint, so that nothing can be left out, added, moved or
  taken from another history.
- The signature keeps the vault to what it told; that the vault told everything, it cannot show.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from idvault_verify import seal
from idvault_verify.seal import Part

_PURPOSE = "idvault/disclosure-history/v1"


class HistorySignatureError(ValueError):
    """The signature is not by this key, or not of this history."""


@dataclass(frozen=True, slots=True)
class ListedEntry:
    """One disclosure or opening. fields: what is told of it; the rest is its log entry with its proof."""

    fields: tuple[Part, ...]
    leaf: bytes
    opening_key: bytes
    index: int
    size: int
    hashes: Sequence[bytes]

    @property
    def parts(self) -> tuple[Part, ...]:
        """All of it, with the number of hashes, so that no two entries have the same parts."""
        entry = (self.leaf, self.opening_key, self.index, self.size, len(self.hashes))
        return (*self.fields, *entry, *self.hashes)


def signed_bytes(
    *,
    account_token: str,
    horizon: datetime,
    made_at: datetime,
    note: bytes,
    disclosures: Sequence[ListedEntry],
    openings: Sequence[ListedEntry],
) -> bytes:
    """Return what is signed of a history; times count in whole seconds. note: of the checkpoint."""
    return seal.encode(
        _PURPOSE,
        account_token,
        int(horizon.timestamp()),
        int(made_at.timestamp()),
        note,
        len(disclosures),
        len(openings),
        *(part for entry in (*disclosures, *openings) for part in entry.parts),
    )


def verify(message: bytes, signature: bytes, *, public_key: bytes) -> None:
    """Raise HistorySignatureError unless a signature is by this key, of this history."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except InvalidSignature as error:
        raise HistorySignatureError("the signature of the history does not verify") from error
