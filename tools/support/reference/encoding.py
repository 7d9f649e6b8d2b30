"""The encodings that every other format is made of (formats.md, section 1)."""

import json
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from typing import Any, Never

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
        check(at + 4 <= len(data), "a length is cut off")
        size = int.from_bytes(data[at : at + 4], "big")
        check(at + 4 + size <= len(data), "a part is cut off")
        parts.append(data[at + 4 : at + 4 + size])
        at += 4 + size
    return parts


def text_of(part: bytes) -> str:
    """Return the text in a part."""
    try:
        return part.decode("utf-8")
    except ValueError:
        raise RefusedError("not UTF-8") from None


def number_of(part: bytes) -> int:
    """Return the number in a part."""
    digits = text_of(part)
    check(digits.isascii() and digits.isdigit() and len(digits) < 20, "not a number")
    check(str(int(digits)) == digits, "not a number in its only spelling")
    return int(digits)


def pack(parts: list[bytes]) -> bytes:
    """Return parts, each after its length."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def base64url(data: bytes) -> str:
    """Return base64url without padding."""
    return urlsafe_b64encode(data).decode().rstrip("=")


def from_base64url(text: str) -> bytes:
    """Read base64url without padding; any other spelling is refused."""
    check(isinstance(text, str), "not a text")
    try:
        data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (TypeError, ValueError) as error:
        raise RefusedError("not base64url") from error
    check(base64url(data) == text, "not base64url")
    return data


def base64(data: bytes) -> str:
    """Return base64 with padding."""
    return b64encode(data).decode()


def from_base64(text: str) -> bytes:
    """Read base64 with padding; any other spelling is refused."""
    try:
        data = b64decode(text)
    except (TypeError, ValueError) as error:
        raise RefusedError("not base64") from error
    check(base64(data) == text, "not base64")
    return data


def from_json(data: bytes | str, *, limit: int = 1 << 24) -> Any:
    """Read JSON; what section 1 does not allow is refused. limit: of its bytes."""
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    check(len(raw) <= limit, "too long")
    try:
        text = raw.decode("utf-8")
        check(sum(map(text.count, ",[{")) <= 250_000, "too many values")
        found = json.loads(
            text, object_pairs_hook=_object, parse_int=_whole, parse_float=_no, parse_constant=_no
        )
    except (ValueError, RecursionError) as error:
        raise RefusedError("not JSON") from error
    _look(found, 32)
    return found


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    check(len(dict(pairs)) == len(pairs), "a name stands twice")
    return dict(pairs)


def _whole(digits: str) -> int:
    check(digits != "-0" and len(digits) < 18 and abs(int(digits)) < 2**53, "not a number of section 1")
    return int(digits)


def _no(text: str) -> Never:
    raise RefusedError("not a whole number")


def _look(value: Any, deep: int) -> None:
    """Refuse what is nested too deeply, and half of a surrogate pair."""
    if isinstance(value, str):
        check(not any("\ud800" <= each <= "\udfff" for each in value), "half of a surrogate pair")
    elif isinstance(value, dict | list):
        check(deep > 0, "nested too deeply")
        for each in value:
            _look(each, deep - 1)
        for each in value.values() if isinstance(value, dict) else ():
            _look(each, deep - 1)


def crockford(data: bytes) -> str:
    """Return 16 bytes as 26 digits of Crockford base32, as one big-endian number."""
    number, digits = int.from_bytes(data, "big"), ""
    for _ in range(26):
        number, digit = divmod(number, 32)
        digits = "0123456789abcdefghjkmnpqrstvwxyz"[digit] + digits
    return digits
