"""Slow reference versions of published constructions, written from their texts; only for tests."""

import hmac

from cryptography.hazmat.primitives.ciphers.aead import AESGCM


def hkdf(secret: bytes, *, salt: bytes, info: bytes, size: int, digest: str) -> bytes:
    """RFC 5869: extract, then expand."""
    return expand(extract(salt, secret, digest=digest), info, size, digest=digest)


def extract(salt: bytes, secret: bytes, *, digest: str = "sha256") -> bytes:
    """RFC 5869 section 2.2."""
    return hmac.digest(salt, secret, digest)


def expand(prk: bytes, info: bytes, size: int, *, digest: str = "sha256") -> bytes:
    """RFC 5869 section 2.3."""
    okm, block = b"", b""
    for counter in range(1, 256):
        block = hmac.digest(prk, block + info + bytes([counter]), digest)
        okm += block
        if len(okm) >= size:
            break
    return okm[:size]


def key_schedule(*, kem_id: int, shared_secret: bytes, info: bytes) -> tuple[bytes, bytes]:
    """RFC 9180 section 5.1, base mode, HKDF-SHA256 and AES-256-GCM: the key and the base nonce."""
    suite = b"HPKE" + kem_id.to_bytes(2, "big") + b"\x00\x01\x00\x02"

    def labeled_extract(salt: bytes, label: bytes, secret: bytes) -> bytes:
        return extract(salt, b"HPKE-v1" + suite + label + secret)

    def labeled_expand(prk: bytes, label: bytes, context: bytes, size: int) -> bytes:
        return expand(prk, size.to_bytes(2, "big") + b"HPKE-v1" + suite + label + context, size)

    context = b"\x00" + labeled_extract(b"", b"psk_id_hash", b"") + labeled_extract(b"", b"info_hash", info)
    secret = labeled_extract(shared_secret, b"secret", b"")
    return labeled_expand(secret, b"key", context, 32), labeled_expand(secret, b"base_nonce", context, 12)


def seal(*, kem_id: int, shared_secret: bytes, info: bytes, plaintext: bytes, aad: bytes = b"") -> bytes:
    """RFC 9180 section 5.2: the ciphertext of the message with sequence number 0."""
    key, nonce = key_schedule(kem_id=kem_id, shared_secret=shared_secret, info=info)
    return AESGCM(key).encrypt(nonce, plaintext, aad)
