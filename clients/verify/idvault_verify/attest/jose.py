"""JSON Web Signatures with Ed25519 (RFC 7515 compact, RFC 8037) and the keys that verify them (RFC 7517).

- Only EdDSA with Ed25519 is accepted; "none" and every other algorithm are refused.
- A key is found by its kid, which is its thumbprint (RFC 7638); a header with other parameters is refused.
- Each key in a set has a purpose and verifies nothing else.
- The signer is a callable: this module never sees a private key.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from idvault_verify import ed25519, strict_base64, strict_json
from idvault_verify.ed25519 import WeakKeyError

MOST_BYTES = 1024 * 1024
"""The longest token or key set: a list of 2^20 entries of two bits need not compress at all."""
_SPACE = " \t\r\n"
_ALGORITHM = "EdDSA"
# A header that carries a key or demands an unknown extension was not issued by idvault.
_HEADER = frozenset({"alg", "kid", "typ"})


class JoseError(ValueError):
    """A token or key set is refused; reason: a machine-readable code."""

    def __init__(self, reason: str, text: str) -> None:
        """Keep the reason beside the text."""
        super().__init__(text)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class PublicKey:
    """An Ed25519 public key, 32 bytes, and its purpose as the issuer names it; "" for any purpose."""

    public_key: bytes
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class JwkSet:
    """Public keys by their kid."""

    keys: Mapping[str, PublicKey]

    def of(self, purpose: str) -> "JwkSet":
        """Return the keys for one purpose."""
        return JwkSet({name: key for name, key in self.keys.items() if key.purpose == purpose})

    def to_bytes(self) -> bytes:
        """Return the set as published in jwks.json, ordered by kid."""
        listed = [
            {"alg": _ALGORITHM, "kid": name, "purpose": key.purpose, "use": "sig", **_jwk(key.public_key)}
            for name, key in sorted(self.keys.items())
        ]
        return json.dumps({"keys": listed}, indent=1).encode() + b"\n"


def kid(public_key: bytes) -> str:
    """Return the thumbprint of an Ed25519 public key (RFC 7638, RFC 8037 appendix A.3)."""
    canonical = json.dumps(_jwk(public_key), separators=(",", ":"), sort_keys=True)
    return encode(sha256(canonical.encode()).digest())


def key_set(keys: Iterable[PublicKey]) -> JwkSet:
    """Return a set of these public keys."""
    return JwkSet({kid(key.public_key): key for key in keys})


def parse_keys(data: bytes) -> JwkSet:
    """Return the Ed25519 keys of a JWK set and skip all others; raises JoseError (JWKS_INVALID)."""
    try:
        keys = _ed25519_keys(strict_json.parse_object(data, limit=MOST_BYTES)["keys"])
        found = {
            _word(key["kid"]): PublicKey(decode(key["x"]), _word(key.get("purpose", ""))) for key in keys
        }
    except (ValueError, KeyError) as error:
        raise JoseError("JWKS_INVALID", "this is not a JWK set") from error
    if len(found) != len(keys) or any(kid(key.public_key) != name for name, key in found.items()):
        raise JoseError("JWKS_INVALID", "a key in the set does not match its kid")
    _check_strength(found.values())
    return JwkSet(found)


def sign(claims: Mapping[str, Any], *, typ: str, public_key: bytes, signer: Callable[[bytes], bytes]) -> str:
    """Return the compact token for these claims; signer: returns the 64-byte signature by that key."""
    header = {"alg": _ALGORITHM, "kid": kid(public_key), "typ": typ}
    signed = f"{encode(_json(header))}.{encode(_json(claims))}"
    return f"{signed}.{encode(signer(signed.encode()))}"


def verify(token: str | bytes, keys: JwkSet, *, typ: str, limit: int = MOST_BYTES) -> dict[str, Any]:
    """Return the claims of a token of this type, of at most limit bytes.

    Raises JoseError: TOO_LONG, TOKEN_MALFORMED, TYPE_WRONG, ALGORITHM_REFUSED, KEY_UNKNOWN,
    SIGNATURE_INVALID.
    """
    text = _text(token, limit)
    signed, _, signature = text.rpartition(".")
    first, separator, second = signed.partition(".")
    if not separator or "." in second:
        raise JoseError("TOKEN_MALFORMED", "a token must have three parts")
    try:
        header, value = _object(first), decode(signature)
    except ValueError as error:
        raise JoseError("TOKEN_MALFORMED", "the token cannot be read") from error
    _verify(_key(header, keys, typ), value, signed.encode())
    try:
        return _object(second)
    except ValueError as error:
        raise JoseError("TOKEN_MALFORMED", "the claims of the token cannot be read") from error


def encode(data: bytes) -> str:
    """Return base64url without padding (RFC 7515 section 2)."""
    return strict_base64.encode_url(data)


def decode(text: str) -> bytes:
    """Return the bytes of canonical base64url; raises ValueError."""
    return strict_base64.url(text)


def _check_strength(keys: Iterable[PublicKey]) -> None:
    try:
        for key in keys:
            ed25519.check(key.public_key)
    except WeakKeyError as error:
        raise JoseError("JWKS_INVALID", f"a key in the set cannot be used: {error}") from error


def _jwk(public_key: bytes) -> dict[str, str]:
    return {"crv": "Ed25519", "kty": "OKP", "x": encode(public_key)}


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _text(token: str | bytes, limit: int) -> str:
    if len(token) > limit:
        raise JoseError("TOO_LONG", "the token is too long")
    try:
        text = token.decode("ascii") if isinstance(token, bytes) else token
        text.encode("ascii")
    except UnicodeError as error:
        raise JoseError("TOKEN_MALFORMED", "a token must be ASCII") from error
    return text.strip(_SPACE)


def _object(text: str) -> dict[str, Any]:
    """Return the JSON object in a part of a token; raises ValueError."""
    return strict_json.parse_object(decode(text), limit=MOST_BYTES)


def _ed25519_keys(listed: Any) -> list[dict[str, Any]]:
    """Return those keys of a set that are for Ed25519; raises ValueError unless all are objects."""
    if not isinstance(listed, list) or not all(isinstance(key, dict) for key in listed):
        raise ValueError("the keys are not a list of objects")
    return [key for key in listed if key.get("kty") == "OKP" and key.get("crv") == "Ed25519"]


def _word(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("not a text")
    return value


def _key(header: Mapping[str, Any], keys: JwkSet, typ: str) -> bytes:
    if header.get("alg") != _ALGORITHM or not header.keys() <= _HEADER:
        raise JoseError("ALGORITHM_REFUSED", "only EdDSA with a key of the key set is accepted")
    if header.get("typ") != typ:
        raise JoseError("TYPE_WRONG", f"this is not a token of type {typ}")
    key = keys.keys.get(header["kid"]) if isinstance(header.get("kid"), str) else None
    if key is None:
        raise JoseError("KEY_UNKNOWN", "the key that signed the token is not in the key set")
    return key.public_key


@lru_cache(maxsize=64)
def _public_key(key: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(key)


def _verify(key: bytes, signature: bytes, signed: bytes) -> None:
    try:
        _public_key(key).verify(signature, signed)
    except (InvalidSignature, ValueError) as error:
        raise JoseError("SIGNATURE_INVALID", "the signature does not verify") from error
