"""Documents that are small on the disk and large in memory: JSON, protobuf, ZLIB."""

import json
import zlib
from base64 import urlsafe_b64encode
from collections.abc import Callable

from idvault_verify.offline.evidence import file as proof_file

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


def status_list(size: int, *, now: int, sign: Callable[[bytes], bytes], kid: str) -> bytes:
    """Return a list of zeros of this size, compressed; whoever has the vault's key could sign it."""
    packed = zlib.compress(bytes(size), 9)
    claims = {
        "sub": "https://vault.example/status/0.jwt",
        "iat": now,
        "exp": now + 3600,
        "ttl": 300,
        "status_list": {"bits": 1, "lst": _url(packed)},
    }
    head = {"alg": "EdDSA", "typ": "statuslist+jwt", "kid": kid}
    text = b".".join(_url(json.dumps(part).encode()).encode() for part in (head, claims))
    return text + b"." + _url(sign(text)).encode()


def _url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
