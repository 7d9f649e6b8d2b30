"""The encodings that every other format is made of (formats.md, section 1)."""

from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode

Part = str | int | bytes


class RefusedError(Exception):
    """Bytes do not have the form that formats.md gives, or do not verify."""


def check(condition: bool, what: str) -> None:
    """Raise RefusedError unless a condition holds."""
    if not condition:
        raise RefusedError(what)


def encode(purpose: str, *parts: Part) -> bytes:
    """Return encode(purpose, part, ...)."""
    encoded = b""
    for part in (purpose, *parts):
        if isinstance(part, str):
            data = part.encode("utf-8")
        elif isinstance(part, int):
            data = b"%d" % part
        else:
            data = part
        encoded += len(data).to_bytes(4, "big") + data
    return encoded


def unpack(data: bytes) -> list[bytes]:
    """Return the parts of length-prefixed data."""
    parts, at = [], 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        check(at + 4 + size <= len(data), "a part is cut off")
        parts.append(data[at + 4 : at + 4 + size])
        at += 4 + size
    return parts


def pack(parts: list[bytes]) -> bytes:
    """Return parts, each after its length."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def base64url(data: bytes) -> str:
    """Return base64url without padding."""
    return urlsafe_b64encode(data).decode().rstrip("=")


def from_base64url(text: str) -> bytes:
    """Read base64url without padding; any other spelling is refused."""
    data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    check(base64url(data) == text, "not base64url")
    return data


def base64(data: bytes) -> str:
    """Return base64 with padding."""
    return b64encode(data).decode()


def from_base64(text: str) -> bytes:
    """Read base64 with padding; any other spelling is refused."""
    data = b64decode(text)
    check(base64(data) == text, "not base64")
    return data


def crockford(data: bytes) -> str:
    """Return 16 bytes as 26 digits of Crockford base32, as one big-endian number."""
    number, digits = int.from_bytes(data, "big"), ""
    for _ in range(26):
        number, digit = divmod(number, 32)
        digits = "0123456789abcdefghjkmnpqrstvwxyz"[digit] + digits
    return digits
