"""A slow reference tree: the recursive definitions of RFC 6962 2.1; and published vectors."""

import json
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from idvault_verify.transparency.note import Algorithm, NoteSigner, VerifierKey
from idvault_verify.transparency.tree import Position

VECTORS = Path(__file__).parents[2] / "tests" / "vectors" / "transparency"


def vectors(name: str) -> dict[str, Any]:
    """Return a file of published vectors, without its source."""
    found: dict[str, Any] = json.loads((VECTORS / f"{name}.json").read_text())
    assert found.pop("source")
    return found


def largest_power(n: int) -> int:
    """Return the k of RFC 6962: the largest power of two smaller than n."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def mth(leaves: Sequence[bytes]) -> bytes:
    if not leaves:
        return sha256().digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    k = largest_power(len(leaves))
    return sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def path(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """Return PATH(m, D[n])."""
    if len(leaves) == 1:
        return []
    k = largest_power(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m: int, leaves: Sequence[bytes], *, known: bool = True) -> list[bytes]:
    """Return SUBPROOF(m, D[n], b); PROOF(m, D[n]) calls it first."""
    if m == len(leaves):
        return [] if known else [mth(leaves)]
    k = largest_power(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], known=known), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], known=False), mth(leaves[:k])]


def reader(leaves: Sequence[bytes]) -> Callable[[Sequence[Position]], list[bytes]]:
    """Return a reader of the perfect subtrees of these leaves; it refuses unknown ones."""

    def read(positions: Sequence[Position]) -> list[bytes]:
        found = []
        for position in positions:
            covered = leaves[position.index << position.level : (position.index + 1) << position.level]
            assert len(covered) == 1 << position.level
            found.append(mth(covered))
        return found

    return read


def log_of(size: int) -> list[bytes]:
    """Return distinct synthetic entries."""
    return [b"entry %d" % index for index in range(size)]


def signer(name: str, *, seed: int = 1, algorithm: Algorithm = Algorithm.ED25519) -> NoteSigner:
    """Return a signer with a test key."""
    private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    return NoteSigner(VerifierKey(name, private.public_key().public_bytes_raw(), algorithm), private.sign)


def witness(name: str, *, seed: int) -> NoteSigner:
    """Return a cosigner with a test key."""
    return signer(name, seed=seed, algorithm=Algorithm.COSIGNATURE_V1)
