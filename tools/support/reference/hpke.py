"""HPKE base mode, one message, in the two suites (formats.md, section 2; RFC 9180, X-Wing)."""

import hmac
import secrets
from collections.abc import Callable
from hashlib import sha3_256, shake_256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tools.support.reference.encoding import RefusedError, check

X25519 = "DHKEM-X25519/HKDF-SHA256/AES-256-GCM"
X_WING = "MLKEM768-X25519/HKDF-SHA256/AES-256-GCM"
KEM_IDS = {X25519: 0x0020, X_WING: 0x647A}
_ENCAPSULATED_SIZES = {X25519: 32, X_WING: 1088 + 32}
_X_WING_LABEL = b"\\.//^\\"


def public_key(suite: str, private: bytes) -> bytes:
    """Return the public key of a 32-byte private key."""
    if suite == X25519:
        return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()
    ml_kem, curve = _expanded(private)
    return ml_kem.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()


def check_public_key(suite: str, public: bytes) -> None:
    """Refuse a public key to which nothing can be sealed."""
    check(suite in KEM_IDS and len(public) == {X25519: 32, X_WING: 1216}[suite], "a wrong suite or length")
    try:
        seal(suite, public, b"", b"")
    except ValueError:
        raise RefusedError("nothing can be sealed to this key") from None


def seal(
    suite: str, public: bytes, plaintext: bytes, info: bytes, *, ephemeral: bytes | None = None
) -> bytes:
    """Return the sealed message; ephemeral: the sender's X25519 key, which only an example may fix."""
    sender = X25519PrivateKey.from_private_bytes(ephemeral or secrets.token_bytes(32))
    if suite == X25519:
        shared, encapsulated = _dh_send(public, sender)
    else:
        shared, encapsulated = _x_wing_send(public, sender)
    key, nonce = _schedule(suite, shared, info)
    return encapsulated + AESGCM(key).encrypt(nonce, plaintext, b"")


def unseal(suite: str, private: bytes, sealed: bytes, info: bytes) -> bytes:
    """Return the plaintext."""
    size = _ENCAPSULATED_SIZES[suite]
    encapsulated, ciphertext = sealed[:size], sealed[size:]
    check(len(encapsulated) == size, "the message is too short")
    receive = _dh_receive if suite == X25519 else _x_wing_receive
    shared = receive(private, encapsulated)
    key, nonce = _schedule(suite, shared, info)
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, b"")
    except InvalidTag:
        raise RefusedError("the message does not open") from None


def _dh_send(public: bytes, sender: X25519PrivateKey) -> tuple[bytes, bytes]:
    encapsulated = sender.public_key().public_bytes_raw()
    shared = sender.exchange(X25519PublicKey.from_public_bytes(public))
    return _dh_secret(shared, encapsulated, public), encapsulated


def _dh_receive(private: bytes, encapsulated: bytes) -> bytes:
    own = X25519PrivateKey.from_private_bytes(private)
    shared = own.exchange(X25519PublicKey.from_public_bytes(encapsulated))
    return _dh_secret(shared, encapsulated, own.public_key().public_bytes_raw())


def _dh_secret(shared: bytes, encapsulated: bytes, public: bytes) -> bytes:
    extract, expand = _labelled(b"KEM" + KEM_IDS[X25519].to_bytes(2, "big"))
    return expand(extract(b"", b"eae_prk", shared), b"shared_secret", encapsulated + public, 32)


def _x_wing_send(public: bytes, sender: X25519PrivateKey) -> tuple[bytes, bytes]:
    ml_kem, curve = public[:1184], public[1184:]
    first, ciphertext = MLKEM768PublicKey.from_public_bytes(ml_kem).encapsulate()
    second = sender.exchange(X25519PublicKey.from_public_bytes(curve))
    point = sender.public_key().public_bytes_raw()
    return _x_wing_secret(first, second, point, curve), ciphertext + point


def _x_wing_receive(seed: bytes, encapsulated: bytes) -> bytes:
    ml_kem, curve = _expanded(seed)
    ciphertext, point = encapsulated[:1088], encapsulated[1088:]
    second = curve.exchange(X25519PublicKey.from_public_bytes(point))
    own = curve.public_key().public_bytes_raw()
    return _x_wing_secret(ml_kem.decapsulate(ciphertext), second, point, own)


def _x_wing_secret(first: bytes, second: bytes, point: bytes, public: bytes) -> bytes:
    return sha3_256(first + second + point + public + _X_WING_LABEL).digest()


def _expanded(seed: bytes) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
    long = shake_256(seed).digest(96)
    return MLKEM768PrivateKey.from_seed_bytes(long[:64]), X25519PrivateKey.from_private_bytes(long[64:])


def _schedule(suite: str, shared: bytes, info: bytes) -> tuple[bytes, bytes]:
    extract, expand = _labelled(b"HPKE" + KEM_IDS[suite].to_bytes(2, "big") + b"\x00\x01\x00\x02")
    context = b"\x00" + extract(b"", b"psk_id_hash", b"") + extract(b"", b"info_hash", info)
    secret = extract(shared, b"secret", b"")
    return expand(secret, b"key", context, 32), expand(secret, b"base_nonce", context, 12)


def _labelled(
    suite_id: bytes,
) -> tuple[Callable[[bytes, bytes, bytes], bytes], Callable[[bytes, bytes, bytes, int], bytes]]:
    """Return LabeledExtract and LabeledExpand of RFC 9180, section 4; no output is longer than 32 bytes."""

    def extract(salt: bytes, label: bytes, secret: bytes) -> bytes:
        return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite_id + label + secret, "sha256")

    def expand(key: bytes, label: bytes, context: bytes, size: int) -> bytes:
        text = size.to_bytes(2, "big") + b"HPKE-v1" + suite_id + label + context
        return hmac.digest(key, text + b"\x01", "sha256")[:size]

    return extract, expand
