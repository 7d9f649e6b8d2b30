"""Status tokens, credentials, lists and the keys that sign them (formats.md, section 10)."""

import json
import zlib
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from tools.support.reference import paper
from tools.support.reference.ed25519 import check_key
from tools.support.reference.encoding import (
    RefusedError,
    base64url,
    check,
    from_base64url,
    from_json,
    text_of,
)

TOKEN, CREDENTIAL, LIST = "idvault-status+jwt", "idvault-credential+jwt", "statuslist+jwt"
PUBLIC_ACCOUNT = "idvault-public-account+jwt"
_STANDINGS = {"GOOD", "WARNED", "PUBLISHING_LIMITED", "RENEWAL_SUSPENDED"}
PURPOSES = dict.fromkeys((TOKEN, CREDENTIAL, PUBLIC_ACCOUNT), "status-token") | {LIST: "status-list"}


def kid(public: bytes) -> str:
    """Return the thumbprint of a key."""
    thumb = f'{{"crv":"Ed25519","kty":"OKP","x":"{base64url(public)}"}}'
    return base64url(sha256(thumb.encode()).digest())


def jwk_set(keys: dict[bytes, str]) -> bytes:
    """Return jwks.json. keys: the purpose of each key."""
    listed = [
        {
            "alg": "EdDSA",
            "kid": kid(public),
            "purpose": purpose,
            "use": "sig",
            "crv": "Ed25519",
            "kty": "OKP",
            "x": base64url(public),
        }
        for public, purpose in sorted(keys.items(), key=lambda each: kid(each[0]))
    ]
    return json.dumps({"keys": listed}, indent=1).encode() + b"\n"


def sign(claims: dict[str, Any], *, typ: str, public: bytes, private: bytes) -> str:
    """Return a token."""
    header = {"alg": "EdDSA", "kid": kid(public), "typ": typ}
    signed = f"{base64url(_json(header))}.{base64url(_json(claims))}"
    return f"{signed}.{base64url(paper.sign(private, signed.encode())[-64:])}"


def keys_of(jwks: bytes) -> dict[str, tuple[str, bytes]]:
    """Return purpose and key of each usable key of a set, by its kid; a wrong one spoils the set."""
    document = from_json(jwks, limit=1 << 20)
    check(isinstance(document, dict) and isinstance(document.get("keys"), list), "no list of keys")
    found: dict[str, tuple[str, bytes]] = {}
    for each in document["keys"]:
        check(isinstance(each, dict), "no key")
        if (each.get("kty"), each.get("crv")) != ("OKP", "Ed25519"):
            continue
        public, purpose = from_base64url(each.get("x")), each.get("purpose", "")
        check_key(public)
        check(each.get("kid") == kid(public) and kid(public) not in found, "another kid")
        check(isinstance(purpose, str), "no purpose")
        found[kid(public)] = purpose, public
    return found


def verify(token: bytes | str, *, jwks: bytes, typ: str) -> dict[str, Any]:
    """Return the claims of a token of this type."""
    limit = 1 << 20 if typ == LIST else 16 << 10
    raw = token.encode("utf-8", "surrogatepass") if isinstance(token, str) else token
    check(len(raw) <= limit and raw.isascii(), "too long, or no ASCII")
    parts = raw.decode().strip(" \t\r\n").split(".")
    check(len(parts) == 3, "a token has three parts")
    first, second, third = parts
    header, signature = from_json(from_base64url(first), limit=1 << 20), from_base64url(third)
    check(isinstance(header, dict) and header.keys() == {"alg", "kid", "typ"}, "a wrong header")
    check(header["alg"] == "EdDSA" and header["typ"] == typ, "a wrong algorithm or type")
    purpose, public = keys_of(jwks).get(str(header["kid"]), ("", b""))
    check(purpose == PURPOSES[typ], "the key is not known for this")
    paper.verify(public, signature, f"{first}.{second}".encode())
    claims: dict[str, Any] = from_json(from_base64url(second), limit=1 << 20)
    check(isinstance(claims, dict), "no claims")
    return claims


def status_list(bits: bytes) -> dict[str, Any]:
    """Return the claim of a list of one-bit entries."""
    return {"bits": 1, "lst": base64url(zlib.compress(bits, 9))}


def bits_of(claim: Any) -> tuple[int, bytes]:
    """Return how many bits an entry has, and the entries, of the claim of a list."""
    check(isinstance(claim, dict), "no list")
    bits, text = claim.get("bits"), claim.get("lst")
    check(type(bits) is int and bits in {1, 2, 4, 8}, "no number of bits")
    unpacked = zlib.decompressobj()
    try:
        data = unpacked.decompress(from_base64url(text), 2**18 + 1)
    except zlib.error:
        raise RefusedError("no ZLIB stream") from None
    check(unpacked.eof and not unpacked.unused_data and len(data) <= 2**18, "not exactly one stream")
    return int(bits), data


def entry(claim: Any, index: int) -> int:
    """Return an entry of a list; 0 is VALID."""
    bits, data = bits_of(claim)
    per_byte = 8 // bits
    check(0 <= index < len(data) * per_byte, "the list has no such entry")
    return data[index // per_byte] >> (index % per_byte * bits) & (1 << bits) - 1


def check_list(listed: bytes | str, *, jwks: bytes, now: int, youngest: int = 0) -> dict[str, Any]:
    """Return the claims of a list that holds now; youngest: when it must have been signed at the earliest."""
    found = verify(listed, jwks=jwks, typ=LIST)
    check(_time(found, "iat") <= now + 60 and now < _time(found, "exp"), "the list is not valid now")
    check(found["iat"] >= youngest, "the list is too old")
    bits_of(found.get("status_list"))
    for name in ("sub", "iss"):
        _text(found, name)
    return found


def check_credential(token: bytes | str, listed: bytes | str, *, jwks: bytes, audience: str, now: int) -> str:
    """Return the subject of an account's credential that holds now; listed: the list that it names."""
    claims = verify(token, jwks=jwks, typ=CREDENTIAL)
    check("public_account_id" not in claims, "an account's credential names a public account")
    check_listed(claims, [check_list(listed, jwks=jwks, now=now)], audience=audience, now=now)
    return str(claims["sub"])


def check_public_account(
    token: bytes | str, listed: bytes | str, *, jwks: bytes, audience: str, now: int
) -> str:
    """Return the public account that a credential attests now."""
    claims = verify(token, jwks=jwks, typ=PUBLIC_ACCOUNT)
    check_listed(claims, [check_list(listed, jwks=jwks, now=now)], audience=audience, now=now)
    return public_account(claims)


def public_account(claims: dict[str, Any]) -> str:
    """Return the public account that a credential names."""
    return _text(claims, "public_account_id")


def type_of(token: bytes) -> object:
    """Return the type that a token's header says."""
    header = from_json(from_base64url(text_of(token).strip(" \t\r\n").split(".")[0]), limit=1 << 20)
    return header.get("typ") if isinstance(header, dict) else None


def check_minimum(claims: dict[str, Any], *, demanded: str = "") -> None:
    """Check that a token or credential of an account states the minimum assurance that is demanded."""
    enough = {"HOLDER_OR_DOCUMENT_SEEN": ("HOLDER_OR_DOCUMENT_SEEN", "HOLDER"), "HOLDER": ("HOLDER",)}
    stated = claims.get("minimum_assurance")
    check(not demanded or stated in enough[demanded], "a minimum is not stated")


def check_listed(
    claims: dict[str, Any], lists: Sequence[dict[str, Any]], *, audience: str, now: int, issuer: str = ""
) -> dict[str, Any]:
    """Return the one of these lists by which a credential holds."""
    _check_claims(claims, audience=audience, now=now, issuer=issuer)
    status = claims.get("status")
    place = status.get("status_list") if isinstance(status, dict) else None
    check(isinstance(place, dict), "no place in a list")
    assert isinstance(place, dict)
    named = [each for each in lists if each["sub"] == _text(place, "uri")]
    check(bool(named), "this is another list")
    # Of lists of one time the last one.
    newest: dict[str, Any] = max(reversed(named), key=lambda each: int(each["iat"]))
    check(newest["iss"] == claims["iss"], "the list is of another issuer")
    check(entry(newest["status_list"], _number(place, "idx")) == 0, "the list says INVALID")
    return newest


def check_token(
    token: bytes | str, *, jwks: bytes, audience: str, now: int, issuer: str = "", minimum: str = ""
) -> str:
    """Return the subject that a status token attests now. minimum: the assurance that is demanded."""
    claims = verify(token, jwks=jwks, typ=TOKEN)
    _check_claims(claims, audience=audience, now=now, issuer=issuer)
    check("public_account_id" not in claims, "a status token names a public account")
    check(claims.get("state") == "VERIFIED", "not verified")
    check("standing" not in claims or claims["standing"] in _STANDINGS, "closed, or an unknown standing")
    check_minimum(claims, demanded=minimum)
    return str(claims["sub"])


def _check_claims(claims: dict[str, Any], *, audience: str, now: int, issuer: str) -> None:
    stated = [name for name in ("standing", "minimum_assurance") if name in claims]
    for name in ("iss", "sub", "aud", *stated):
        _text(claims, name)
    check(claims["aud"] == audience and issuer in {"", claims["iss"]}, "another audience or issuer")
    check(_time(claims, "iat") <= now + 60 and now < _time(claims, "exp"), "not valid now")


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    check(isinstance(value, str) and value != "", "no text")
    return str(value)


def _number(claims: dict[str, Any], name: str) -> int:
    value = claims.get(name)
    check(type(value) is int and value >= 0, "no whole number")
    assert isinstance(value, int)
    return value


def _time(claims: dict[str, Any], name: str) -> int:
    check(_number(claims, name) <= 253402300799, "a time beyond the year 9999")
    return int(claims[name])


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
