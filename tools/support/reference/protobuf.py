"""Just enough of the protobuf wire format (formats.md, section 1): numbers, bytes and messages."""

from collections.abc import Iterable

from tools.support.reference.encoding import check, text_of

Value = int | bytes
Fields = dict[int, list[Value]]
Shape = dict[int, "str | list[str] | Shape"]
"""What a field is, by number: "number", "bytes", "text", a message, or a list of one if it repeats."""


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


def parse(data: bytes, shape: Shape | None = None) -> Fields:
    """Return the values of each field number, in the order of the message.

    shape: what it has, if it must be written as evidence is: known fields alone, in ascending order, each
    once unless it is repeated, not 0 or empty unless it is, and each number in its shortest form.
    """
    found: Fields = {}
    at = last = 0
    while at < len(data):
        begins = at
        tag, at = _read(data, at)
        size, at = _read(data, at)
        value: Value = size
        check(tag & 7 in (0, 2), "a field has a wire type that idvault does not use")
        heads = _varint(tag) + _varint(size)
        if tag & 7 == 2:
            check(at + size <= len(data), "a field is cut off")
            value, at = data[at : at + size], at + size
        if shape is not None:
            check(data[begins:].startswith(heads), "a number is not in its shortest form")
            _check_field(tag, value, shape, is_again=tag >> 3 == last, is_next=tag >> 3 > last)
        last = tag >> 3
        found.setdefault(tag >> 3, []).append(value)
    return found


def _check_field(tag: int, value: Value, shape: Shape, *, is_again: bool, is_next: bool) -> None:
    kind = shape.get(tag >> 3)
    check(kind is not None, "a field is not known")
    repeated = isinstance(kind, list)
    check(is_next or (repeated and is_again), "a field in another place, or again")
    inner = kind[0] if isinstance(kind, list) else kind
    check((tag & 7 == 0) == (inner == "number"), "a field of another type")
    if isinstance(inner, dict):
        assert isinstance(value, bytes)
        parse(value, inner)
    else:
        check(repeated or bool(value), "a field that is empty is left out")
    if inner == "text":
        assert isinstance(value, bytes)
        text_of(value)


def number(fields: Fields, place: int) -> int:
    """Return a number, 0 if it is absent."""
    value = fields.get(place, [0])[-1]
    check(isinstance(value, int), "not a number")
    assert isinstance(value, int)
    return value - (1 << 64) if value >> 63 else value


def octets(fields: Fields, place: int) -> bytes:
    """Return bytes, empty if they are absent."""
    value = fields.get(place, [b""])[-1]
    check(isinstance(value, bytes), "not bytes")
    assert isinstance(value, bytes)
    return value


def text(fields: Fields, place: int) -> str:
    """Return a text, empty if it is absent."""
    return text_of(octets(fields, place))


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
