"""Just enough of the protobuf wire format (formats.md, section 1): numbers, bytes and messages."""

from collections.abc import Iterable

from tools.support.reference.encoding import check

Value = int | bytes
Fields = dict[int, list[Value]]


def build(fields: Iterable[tuple[int, int | bytes | str]]) -> bytes:
    """Return a message; fields must be in order, and a 0 or an empty value is left out."""
    data = b""
    for number, value in fields:
        if isinstance(value, int):
            data += b"" if not value else _varint(number << 3) + _varint(value)
        elif value:
            content = value.encode() if isinstance(value, str) else value
            data += _varint(number << 3 | 2) + _varint(len(content)) + content
    return data


def parse(data: bytes) -> Fields:
    """Return the values of each field number, in the order of the message."""
    found: Fields = {}
    at = 0
    while at < len(data):
        tag, at = _read(data, at)
        size, at = _read(data, at)
        value: Value = size
        check(tag & 7 in (0, 2), "a field has a wire type that idvault does not use")
        if tag & 7 == 2:
            check(at + size <= len(data), "a field is cut off")
            value, at = data[at : at + size], at + size
        found.setdefault(tag >> 3, []).append(value)
    return found


def number(fields: Fields, place: int) -> int:
    """Return a number, 0 if it is absent."""
    value = fields.get(place, [0])[-1]
    assert isinstance(value, int)
    return value - (1 << 64) if value >> 63 else value


def octets(fields: Fields, place: int) -> bytes:
    """Return bytes, empty if they are absent."""
    value = fields.get(place, [b""])[-1]
    assert isinstance(value, bytes)
    return value


def text(fields: Fields, place: int) -> str:
    """Return a text, empty if it is absent."""
    return octets(fields, place).decode()


def repeated(fields: Fields, place: int) -> list[bytes]:
    """Return every value of a repeated field."""
    return [value for value in fields.get(place, []) if isinstance(value, bytes)]


def message(fields: Fields, place: int) -> Fields:
    """Return a message within a message."""
    return parse(octets(fields, place))


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    data = b""
    while value > 0x7F:
        data += bytes([value & 0x7F | 0x80])
        value >>= 7
    return data + bytes([value])


def _read(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        check(at < len(data) and shift < 64, "a number is cut off or too long")
        value |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not data[at - 1] & 0x80:
            return value & (1 << 64) - 1, at
