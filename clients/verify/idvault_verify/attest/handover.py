"""The signed papers of a hand-over: a batch with both people and the exact shares, and the end (RFC 8032).

The signed bytes are encode("idvault/hand-over/v1", leaver, successor, quorum id, place, count, shares
digest). The quorum id is that of the roster version in force, so it covers the successor's key. The shares
digest is SHA-256 of encode("idvault/hand-over-shares/v1", then for each share: account token, record id,
former quorum id, SHA-256 of the share, SHA-256 of the re-sealed share). The end is
encode("idvault/hand-over-end/v1", leaver, successor, quorum id, place).
"""

from collections.abc import Sequence
from hashlib import sha256

from idvault_verify import seal
from idvault_verify.attest.succession import Succession
from idvault_verify.handover import HandedShare
from idvault_verify.seal import Part

_BATCH = "idvault/hand-over/v1"
_SHARES = "idvault/hand-over-shares/v1"
_END = "idvault/hand-over-end/v1"


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


def end(*, succession: Succession) -> bytes:
    """Return the bytes that the leaver signs to hand nothing more over to this successor."""
    return seal.encode(
        _END,
        succession.leaver.name,
        succession.successor.name,
        succession.quorum.id,
        succession.place,
    )


def shares_digest(shares: Sequence[HandedShare]) -> bytes:
    """Return the 32-byte digest of a batch's shares, in order."""
    parts: list[Part] = []
    for share in shares:
        parts += (share.account_token, share.record_id, share.quorum_id, share.share_hash)
        parts.append(sha256(share.resealed).digest())
    return sha256(seal.encode(_SHARES, *parts)).digest()
