"""Documents that are small on the disk and large in memory: JSON, protobuf, ZLIB."""

import json
import zlib
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path

from idvault_verify.attest import jose, status_token
from idvault_verify.offline.evidence import file as proof_file
from tools.support.generate.vectors import case as cases
from tools.support.status_tokens import ISSUER, LIST_KEY, NOW

UNITS = {
    "objects": b"{}",
    "lists": b"[]",
    "members": b'{"":0}',
    "numbers": b"257",
    "texts": b'"ab"',
    "nulls": b"null",
}
"""Values that take many times their bytes in memory, by name."""


def flood(unit: bytes, size: int) -> bytes:
    """Return an object of about this size with a list of one value, repeated."""
    return b'{"format":[' + b",".join([unit] * (size // (len(unit) + 1))) + b"]}"


def nested(mark: bytes, size: int) -> bytes:
    """Return lists or objects within each other, which nobody closes."""
    return mark * (size // len(mark))


def number(size: int) -> bytes:
    """Return an object with a number of this many digits."""
    return b'{"format":' + b"9" * size + b"}"


def names(size: int) -> bytes:
    """Return an object with as many different names as fit."""
    return json.dumps({f"{at:x}": 0 for at in range(size // 14)}).encode()


DOCUMENTS: dict[str, Callable[[int], bytes]] = {
    **{name: lambda size, unit=unit: flood(unit, size) for name, unit in UNITS.items()},  # type: ignore[misc]
    "nested lists": lambda size: nested(b"[", size),
    "nested objects": lambda size: nested(b'{"a":', size),
    "digits": number,
    "names": names,
}
"""Returns a document of about a size, by the kind of what floods it."""


def evidence(size: int) -> bytes:
    """Return a proof file whose protobuf has as many empty values as fit; nobody signed it."""
    # Fields 9 to 12 of DisclosureEvidence are repeated: each empty value takes two bytes.
    content = b"".join(bytes([number << 3 | 2, 0]) for number in range(1, 16)) * (size // 40)
    return json.dumps(
        {
            "format": proof_file.FORMAT,
            "evidence": _url(content),
            "signature": _url(bytes(64)),
        }
    ).encode()


def genuine(name: str, folder: Path) -> object:
    """Return the path of a genuine file if the name begins with @, after writing it; else the name."""
    if not name.startswith("@"):
        return name
    kind = {"jwks": "status", "token": "status"}.get(name[1:], name[1:])
    inputs = cases.load(kind)["inputs"]
    path = folder / name[1:]
    path.write_bytes(inputs["person" if kind == "receipt" else name[1:]].encode("latin-1"))
    return path


def zeros(size: int) -> bytes:
    """Return a list of zeros that is compressed to some two thirds of this size."""
    return _listed({"bits": 1, "lst": _url(zlib.compress(bytes(size * 680), 9))})


def many_claims(size: int) -> bytes:
    """Return a list with as many other claims as fit."""
    return _listed({"bits": 1, "lst": ""}, {f"{at:x}": 0 for at in range(size // 20)})


def spaces(size: int) -> bytes:
    """Return white space within a text that is no token."""
    return b"x" + b" " * (size - 2) + b"x"


LISTS: dict[str, Callable[[int], bytes]] = {
    "compressed zeros": zeros,
    "claims": many_claims,
    "spaces": spaces,
    "dots": lambda size: b"." * size,
}
"""Returns a list of about a size, which the vault's key signed."""


def _listed(claim: dict[str, object], more: dict[str, int] | None = None) -> bytes:
    iat = int(NOW.timestamp())
    claims = {
        "iss": ISSUER,
        "sub": f"{ISSUER}/status/0.jwt",
        "iat": iat,
        "exp": 253402300799,
        "status_list": claim,
        **(more or {}),
    }
    public = LIST_KEY.public_key().public_bytes_raw()
    head = {"alg": "EdDSA", "typ": status_token.LIST_TYPE, "kid": jose.kid(public)}
    text = b".".join(_url(json.dumps(part).encode()).encode() for part in (head, claims))
    return text + b"." + _url(LIST_KEY.sign(text)).encode()


def _url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
