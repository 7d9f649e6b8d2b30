"""Seals to a public key and unseals (HPKE, RFC 9180, base mode, single shot), with two suites.

Suite MLKEM768-X25519 is X-Wing (draft-connolly-cfrg-xwing-kem). Keys are raw bytes: an X-Wing private
key is its 32-byte seed, an X25519 one its 32-byte scalar; public keys have 1216 and 32 bytes. Keys are
arguments of pure functions here: the service's and the roster members' half share this code, but no state.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import shake_256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from idvault_verify.error import DamagedError, Reason

X_WING = "MLKEM768-X25519/HKDF-SHA256/AES-256-GCM"
X25519 = "DHKEM-X25519/HKDF-SHA256/AES-256-GCM"
PRIVATE_KEY_SIZE = 32
_ML_KEM_PUBLIC_SIZE = 1184
_ML_KEM_SEED_SIZE = 64
_EXPANDED_SIZE = 96
_KEYS_KEPT = 512  # at least those of the largest quorum

_PublicKey = hpke.MLKEM768X25519PublicKey | X25519PublicKey
_PrivateKey = hpke.MLKEM768X25519PrivateKey | X25519PrivateKey


class UnsealError(DamagedError):
    """Decryption failed; the cause is deliberately not given."""

    def __init__(self) -> None:
        """Set the same reason for every cause."""
        super().__init__(Reason.RECORD_DAMAGED)


class HpkeKeyError(ValueError):
    """An unknown suite, or bytes that are not a valid key of the suite."""


@dataclass(frozen=True, slots=True)
class _Suite:
    kem_id: int
    suite: hpke.Suite
    public_key_size: int
    load_public: Callable[[bytes], _PublicKey]
    load_private: Callable[[bytes], _PrivateKey]
    public_of: Callable[[bytes], bytes]


def seal(*, suite: str, public_key: bytes, plaintext: bytes, info: bytes) -> bytes:
    """Return the encapsulated key and ciphertext; raises HpkeKeyError for an invalid key."""
    loaded = _load_public(suite, public_key)
    try:
        return _named(suite).suite.encrypt(plaintext, loaded, info)
    except ValueError as error:
        raise HpkeKeyError("nothing can be sealed to this public key") from error


def unseal(*, suite: str, private_key: bytes, sealed: bytes, info: bytes) -> bytes:
    """Return the plaintext; raises UnsealError unless it was sealed to this key with this info."""
    known = _named(suite)
    loaded = known.load_private(_private(private_key))
    try:
        return known.suite.decrypt(sealed, loaded, info)
    except (InvalidTag, ValueError) as error:
        raise UnsealError from error


def public_key(*, suite: str, private_key: bytes) -> bytes:
    """Return the raw public key of a 32-byte private key."""
    return _named(suite).public_of(_private(private_key))


def check_public_key(*, suite: str, public_key: bytes) -> None:
    """Raise HpkeKeyError unless the bytes are a usable public key of the suite."""
    # Some well-formed X25519 points yield no shared secret; only a trial shows it (RFC 7748 section 6.1).
    seal(suite=suite, public_key=public_key, plaintext=b"", info=b"")


def suite_of(public_key: bytes) -> str | None:
    """Return the suite whose public keys have this length, None if none has it; no two have the same."""
    return next((name for name, each in _SUITES.items() if each.public_key_size == len(public_key)), None)


def kem_id(suite: str) -> int:
    """Return the suite's number in IANA's registry of HPKE KEMs; raises HpkeKeyError."""
    return _named(suite).kem_id


def _named(suite: str) -> _Suite:
    try:
        return _SUITES[suite]
    except KeyError as error:
        raise HpkeKeyError("unknown HPKE suite") from error


@lru_cache(maxsize=_KEYS_KEPT)
def _load_public(suite: str, data: bytes) -> _PublicKey:
    # Public keys only. The key schedule cannot be prepared: each record has its own info.
    known = _named(suite)
    if len(data) != known.public_key_size:
        raise HpkeKeyError(f"a public key of this suite has {known.public_key_size} bytes")
    try:
        return known.load_public(data)
    except ValueError as error:
        raise HpkeKeyError("these bytes are not a public key of this suite") from error


def _private(data: bytes) -> bytes:
    if len(data) != PRIVATE_KEY_SIZE:
        raise HpkeKeyError(f"a private key has {PRIVATE_KEY_SIZE} bytes")
    return data


def _expand(seed: bytes) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
    """Return the two keys of an X-Wing seed (expandDecapsulationKey of the draft)."""
    expanded = shake_256(seed).digest(_EXPANDED_SIZE)
    return (
        MLKEM768PrivateKey.from_seed_bytes(expanded[:_ML_KEM_SEED_SIZE]),
        X25519PrivateKey.from_private_bytes(expanded[_ML_KEM_SEED_SIZE:]),
    )


def _hybrid_public(data: bytes) -> _PublicKey:
    return hpke.MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(data[:_ML_KEM_PUBLIC_SIZE]),
        X25519PublicKey.from_public_bytes(data[_ML_KEM_PUBLIC_SIZE:]),
    )


def _hybrid_private(seed: bytes) -> _PrivateKey:
    return hpke.MLKEM768X25519PrivateKey(*_expand(seed))


def _hybrid_public_of(seed: bytes) -> bytes:
    first, second = _expand(seed)
    return first.public_key().public_bytes_raw() + second.public_key().public_bytes_raw()


def _x25519_public_of(private: bytes) -> bytes:
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


_SUITES = {
    X_WING: _Suite(
        0x647A,
        hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM),
        _ML_KEM_PUBLIC_SIZE + 32,
        _hybrid_public,
        _hybrid_private,
        _hybrid_public_of,
    ),
    X25519: _Suite(
        0x0020,
        hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM),
        32,
        X25519PublicKey.from_public_bytes,
        X25519PrivateKey.from_private_bytes,
        _x25519_public_of,
    ),
}
SUITES = frozenset(_SUITES)
