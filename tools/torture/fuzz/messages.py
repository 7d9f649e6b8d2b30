"""Builds invalid messages from valid ones, by descriptor.

- A valid message takes each field's value by name from the known values of a running deployment, or is a
  complete message known to be valid.
- Each text field of each method gets every listed and every drawn text, one after the other.
- `attack` returns the bytes of one attack: noise, damage, a naughty value, or bytes that no library writes.
- All randomness comes from one source, so a seed repeats an attack.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any, TypeAlias
from uuid import UUID

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from idvault.core.edge import convert
from idvault_verify.v1 import options_pb2
from tools.torture.fuzz import naughty

Facts: TypeAlias = Mapping[str, Sequence[Any]]
"""Good values of fields, by the field's name; whole good messages, by the full name of their type."""
Field: TypeAlias = Any
"""A field's descriptor, whichever of protobuf's implementations it is of."""
Place: TypeAlias = tuple[Field, ...]
"""A field, by the fields that lead to it."""

_TEXT, _BYTES = FieldDescriptor.CPPTYPE_STRING, FieldDescriptor.TYPE_BYTES
_MESSAGE, _ENUM, _BOOL = (
    FieldDescriptor.CPPTYPE_MESSAGE,
    FieldDescriptor.CPPTYPE_ENUM,
    FieldDescriptor.CPPTYPE_BOOL,
)
_FEW_IDS, _FAMILIAR = 64, 0.7
_MOST_BYTES = 90_000


@dataclass(frozen=True, slots=True)
class Canaries:
    """Texts that must never be found again: personal ones for personal fields, others for all other texts."""

    personal: Sequence[str]
    others: Sequence[str]


class Attacker:
    """Builds valid and invalid messages of any type."""

    def __init__(
        self, *, random: Random, facts: Facts, canaries: Canaries, drawn: Sequence[str] = ()
    ) -> None:
        """Set the random source, the known values, the canaries, and further texts."""
        self._texts = (*naughty.TEXTS, *drawn)
        self._random = random
        self._facts = facts
        self._canaries = canaries
        self._met: Counter[tuple[type[Message], Place]] = Counter()
        self._kinds: tuple[Callable[[type[Message]], bytes], ...] = (
            self._noise,
            self._good,
            self._damaged,
            self._damaged,
            self.naughty,
            self.naughty,
            self.naughty,
            self.naughty,
            self._not_utf8,
            self._odd_wire,
        )

    def attack(self, kind: type[Message]) -> bytes:
        return self._random.choice(self._kinds)(kind)

    def good(self, kind: type[Message]) -> Message:
        """Return a valid message."""
        message = kind()
        whole = self._facts.get(kind.DESCRIPTOR.full_name)
        if whole and self._random.random() < 0.5:
            message.CopyFrom(self._random.choice(whole))
            self._fill_one(message, kind.DESCRIPTOR.fields_by_name["request_id"])
        else:
            self._fill(message)
        return message

    def naughty(self, kind: type[Message]) -> bytes:
        """Put naughty values into one or two fields."""
        message = self.good(kind)
        places = _places(kind.DESCRIPTOR)
        for place in self._random.sample(places, min(len(places), self._random.randint(1, 2))):
            self._put(message, place, self._naughty_value(kind, place))
        return message.SerializeToString()

    def texts(self, kind: type[Message]) -> Iterator[bytes]:
        """Yield a message for each text field and each listed text, valid otherwise."""
        for place in _places(kind.DESCRIPTOR):
            if place[-1].cpp_type == _TEXT and place[-1].type != _BYTES:
                for text in naughty.TEXTS:
                    message = self.good(kind)
                    self._put(message, place, naughty.fill(text, self._canary(place[-1])))
                    yield message.SerializeToString()

    def _noise(self, _kind: type[Message]) -> bytes:
        return self._random.randbytes(self._random.choice((0, 1, 2, 5, 20, 300)))

    def _good(self, kind: type[Message]) -> bytes:
        return self.good(kind).SerializeToString()

    def _damaged(self, kind: type[Message]) -> bytes:
        """Change, cut, repeat or swap some bytes."""
        body = bytearray(self._good(kind))
        for _ in range(self._random.randint(1, 6)):
            at = self._random.randint(0, len(body))
            match self._random.randrange(4):
                case 0 if body:
                    body[min(at, len(body) - 1)] = self._random.randrange(256)
                case 1:
                    del body[at : at + self._random.randint(1, 8)]
                case 2:
                    body[at:at] = self._random.randbytes(self._random.randint(1, 4))
                case _:
                    body[at:at] = body[at : at + self._random.randint(1, 64)]
        return bytes(body)

    def _put(self, message: Message, place: Place, value: Any) -> None:
        *way, field = place
        for step in way:
            inner = getattr(message, step.name)
            message = (
                (inner.add() if not inner else self._random.choice(inner)) if step.is_repeated else inner
            )
        if not field.is_repeated:
            setattr(message, field.name, value)
        else:
            # Few or very many identical items, but within the method's size limit.
            count = self._random.choice((1, 1, 1, 2, 2, 1_001, 2_001))
            weight = len(value) + 1 if isinstance(value, str | bytes) else 10
            del getattr(message, field.name)[:]
            getattr(message, field.name).extend([value] * max(1, min(count, _MOST_BYTES // weight)))

    def _naughty_value(self, kind: type[Message], place: Place) -> Any:
        field = place[-1]
        if field.cpp_type == _TEXT:
            return self._naughty_bytes() if field.type == _BYTES else self._naughty_text(kind, place)
        if field.cpp_type in (_BOOL, _ENUM):
            return self._random.choice((0, 1)) if field.cpp_type == _BOOL else self._number(field)
        return self._number(field)

    def _naughty_text(self, kind: type[Message], place: Place) -> str:
        field = place[-1]
        if field.name == convert.PAGE_FIELD and self._random.random() < 0.5:
            of = self._random.choice(
                (
                    "ListCampaigns",
                    "ListDisclosures",
                    "ListPendingDisclosures",
                    "ListDecidedDisclosures",
                    "ListLogEntries",
                )
            )
            return convert.page_token(self._random.choice((0, 2**31, 2**63 - 1, 2**63, 2**64 - 1)), of=of)
        turn = self._met[kind, place]
        self._met[kind, place] += 1
        return naughty.fill(self._texts[turn % len(self._texts)], self._canary(field))

    def _canary(self, field: Field) -> str:
        personal = bool(field.GetOptions().Extensions[options_pb2.pii])
        return self._random.choice(self._canaries.personal if personal else self._canaries.others)

    def _naughty_bytes(self) -> bytes:
        size = self._random.choice((0, 1, 31, 32, 33, 64, 1_000, 60_000, 70_000))
        return self._random.choice(
            (self._random.randbytes(size), self._random.choice(naughty.JSON), b"\0" * size)
        )

    def _number(self, field: Field) -> int:
        lowest, highest = _RANGES[field.cpp_type]
        return self._random.choice([number for number in naughty.NUMBERS if lowest <= number <= highest])

    def _not_utf8(self, kind: type[Message]) -> bytes:
        """Encode a text field by hand, with bytes that are not UTF-8."""
        texts = [place for place in _places(kind.DESCRIPTOR) if place[-1].cpp_type == _TEXT]
        if not texts:
            return self._odd_wire(kind)
        encoded = self._random.choice(naughty.NOT_UTF8)
        for field in reversed(self._random.choice(texts)):
            encoded = varint(field.number << 3 | 2) + varint(len(encoded)) + encoded
        return self._good(kind) + encoded

    def _odd_wire(self, kind: type[Message]) -> bytes:
        """Encode what no library writes: wrong wire types, nested groups, endless varints."""
        fields = [field.number for field in kind.DESCRIPTOR.fields] or [1]
        number = self._random.choice((*fields, 0, 19_000, 2**29 - 1, 2**29))
        depth = self._random.choice((1, 99, 100, 101, 5_000, 30_000))
        odd = self._random.choice(
            (
                varint(number << 3 | self._random.randrange(8)) + self._random.randbytes(9),
                varint(number << 3 | 3) * depth + varint(number << 3 | 4) * depth,
                varint(number << 3 | 3) * depth,
                varint(number << 3) + b"\xff" * self._random.choice((9, 10, 11, 60_000)),
                varint(number << 3 | 2) + varint(2**31 - 1),
                varint(number << 3 | 2) + varint(2**63),
                (varint(number << 3 | 2) + b"\0") * depth,
                _nested(number, min(depth, 5_000)),
                self._good(kind) * 3,
            )
        )
        return odd if self._random.random() < 0.3 else self._good(kind) + odd

    def _fill(self, message: Message) -> None:
        for field in message.DESCRIPTOR.fields:
            if self._random.random() < 0.03:
                continue
            if not field.is_repeated:
                self._fill_one(message, field)
                continue
            for _ in range(self._random.randint(1, 3)):
                if field.cpp_type == _MESSAGE:
                    self._fill(getattr(message, field.name).add())
                else:
                    getattr(message, field.name).append(self._value(field))

    def _fill_one(self, message: Message, field: Field) -> None:
        if field.cpp_type != _MESSAGE:
            setattr(message, field.name, self._value(field))
        elif field.message_type.full_name == "google.protobuf.Timestamp":
            getattr(message, field.name).seconds = int(time.time()) - 60
        else:
            getattr(message, field.name).SetInParent()
            self._fill(getattr(message, field.name))

    def _value(self, field: Field) -> Any:
        if field.name == "request_id":
            # Chosen from a few, so that ids repeat with the same and with a different body.
            chosen = self._random.randrange(_FEW_IDS) if self._random.random() < _FAMILIAR else None
            bits = self._random.getrandbits(128) if chosen is None else chosen
            return str(UUID(int=bits, version=4))
        if field.name in self._facts:
            return self._random.choice(self._facts[field.name])
        if field.cpp_type == _ENUM:
            return self._random.choice([value.number for value in field.enum_type.values])
        if field.cpp_type == _TEXT:
            return self._random.randbytes(32) if field.type == _BYTES else "synthetic"
        return self._random.choice((0, 1, 1, 2, 10))


_RANGES: Mapping[int, tuple[int, int]] = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
    FieldDescriptor.CPPTYPE_ENUM: (-(2**31), 2**31 - 1),
}


def varint(value: int) -> bytes:
    """Return a protobuf base-128 varint."""
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*encoded, value))


@cache
def _nested(number: int, depth: int) -> bytes:
    """Return a deeply nested message; each level is under one field."""
    encoded = b""
    for _ in range(depth):
        encoded = varint(number << 3 | 2) + varint(len(encoded)) + encoded
    return encoded


@cache
def _places(message: Any, way: Place = ()) -> Sequence[Place]:
    """Return every field of a message that holds a value, at any depth."""
    found: list[Place] = []
    for field in message.fields:
        if field.cpp_type != _MESSAGE:
            found.append((*way, field))
        elif len(way) < 4:
            found += _places(field.message_type, (*way, field))
    return found
