"""The signed paper of one batch of a hand-over: leaver, successor and the exact shares (RFC 8032).

The signed bytes are encode("idvault/hand-over/v1", leaver, successor, quorum id, place, count, shares
digest). The quorum id is that of the roster version in force, so it covers the successor's key. The shares
digest is SHA-256 of encode("idvault/hand-over-shares/v1", then for each share: account token, record id,
former quorum id, SHA-256 of the share, SHA-256 of the re-sealed share).
"""

from collections.abc import Sequence
from hashlib import sha256

from idvault.attest.succession import Succession
from idvault.domain import seal
from idvault.domain.handover import HandedShare
from idvault.domain.seal import Part

_BATCH = "idvault/hand-over/v1"
_SHARES = "idvault/hand-over-shares/v1"


def canonical(*, succession: Succession, shares: Sequence[HandedShare]) -> bytes:
    """Return the bytes that the leaver signs."""
    return seal.encode(
        _BATCH,
        succession.leaver.name,
        succession.successor.name,
        succession.quorum.id,
        succession.place,
        len(shares),
        shares_digest(shares),
    )


def shares_digest(shares: Sequence[HandedShare]) -> bytes:
    """Return the 32-byte digest of a batch's shares, in order."""
    parts: list[Part] = []
    for share in shares:
        parts += (share.account_token, share.record_id, share.quorum_id, share.share_hash)
        parts.append(sha256(share.resealed).digest())
    return sha256(seal.encode(_SHARES, *parts)).digest()
