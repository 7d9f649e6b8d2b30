"""Status tokens, credentials, lists and the keys that sign them (formats.md, section 10)."""

import json
import zlib
from hashlib import sha256
from typing import Any

from tools.support.reference import paper
from tools.support.reference.encoding import base64url, check, from_base64url, from_json

TOKEN, CREDENTIAL, LIST = "idvault-status+jwt", "idvault-credential+jwt", "statuslist+jwt"
PUBLIC_ACCOUNT = "idvault-public-account+jwt"
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


def verify(token: str, *, jwks: bytes, typ: str) -> dict[str, Any]:
    """Return the claims of a token of this type."""
    first, second, third = token.strip().split(".")
    header = from_json(from_base64url(first))
    check(header.keys() <= {"alg", "kid", "typ"}, "a header parameter is not known")
    check(header["alg"] == "EdDSA" and header["typ"] == typ, "a wrong algorithm or type")
    keys = {
        key["kid"]: from_base64url(key["x"])
        for key in from_json(jwks)["keys"]
        if key["purpose"] == PURPOSES[typ]
    }
    public = keys.get(header["kid"], b"")
    check(kid(public) == header["kid"], "the key is not known")
    paper.verify(public, from_base64url(third), f"{first}.{second}".encode())
    claims: dict[str, Any] = from_json(from_base64url(second))
    return claims


def status_list(bits: bytes) -> dict[str, Any]:
    """Return the claim of a list of one-bit entries."""
    return {"bits": 1, "lst": base64url(zlib.compress(bits, 9))}


def entry(claim: dict[str, Any], index: int) -> int:
    """Return an entry of a list; 0 is VALID."""
    bits, data = int(claim["bits"]), zlib.decompress(from_base64url(claim["lst"]))
    per_byte = 8 // bits
    check(0 <= index < len(data) * per_byte, "the list has no such entry")
    return data[index // per_byte] >> (index % per_byte * bits) & (1 << bits) - 1


def check_credential(token: str, listed: str, *, jwks: bytes, audience: str, now: int) -> str:
    """Return the subject of an account's credential that holds now; listed: the list that it names."""
    claims = verify(token, jwks=jwks, typ=CREDENTIAL)
    check("public_account_id" not in claims, "an account's credential names a public account")
    _check_listed(claims, listed, jwks=jwks, audience=audience, now=now)
    return str(claims["sub"])


def check_public_account(token: str, listed: str, *, jwks: bytes, audience: str, now: int) -> str:
    """Return the public account that a credential attests now."""
    claims = verify(token, jwks=jwks, typ=PUBLIC_ACCOUNT)
    named = claims.get("public_account_id")
    check(isinstance(named, str) and named != "", "it names no public account")
    _check_listed(claims, listed, jwks=jwks, audience=audience, now=now)
    return str(named)


def _check_listed(claims: dict[str, Any], listed: str, *, jwks: bytes, audience: str, now: int) -> None:
    found = verify(listed, jwks=jwks, typ=LIST)
    place = claims["status"]["status_list"]
    check(claims["aud"] == audience, "another audience")
    for each in (claims, found):
        check(each["iat"] <= now + 60 and now < each["exp"], "it is not valid now")
    check((found["sub"], found["iss"]) == (place["uri"], claims["iss"]), "this is another list")
    check(entry(found["status_list"], place["idx"]) == 0, "the list says INVALID")


def check_token(token: str, *, jwks: bytes, audience: str, now: int) -> str:
    """Return the subject that a status token attests now."""
    claims = verify(token, jwks=jwks, typ=TOKEN)
    check(claims["aud"] == audience and claims["iat"] <= now + 60 and now < claims["exp"], "not valid now")
    check("public_account_id" not in claims, "a status token names a public account")
    check(claims["state"] == "VERIFIED" and claims.get("standing") != "CLOSED", "not verified")
    return str(claims["sub"])


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
