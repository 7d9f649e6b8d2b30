"""Reads messages of the vault into frozen dataclasses and writes values into messages, by names and types.

- A field of a dataclass is the message's field of its name; an annotation names another one:
  `Annotated[str, Named("statement_id")]`.
- str, bytes, int and bool are as in the message. A date, a time of day and a zone are texts there, a datetime
  is a Timestamp in UTC. A dataclass is a message, a tuple is a repeated field; a tuple of several types has a
  message's fields in the order of their numbers.
- An enum has the names of the message's enum without its prefix. A value that only a newer server knows is
  None if the field may be None, UNSPECIFIED if our enum has that, and left out of a tuple. Otherwise the
  innermost value around it that may be None is None, and the message is not valid if there is none.
- What may be None is None where the message has no such field, no text, or no known value of an enum.
- What is REQUIRED must be there. A message without it is not valid, nor is one with a time that no datetime
  has, or with a text that is no date: all raise ValueError.
- `ReadBy(function)` is no mapping: the function reads the whole message.

The values of the service carry no annotations: `describe` says the same about them. Everything is looked up
once for each class and kind of message.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from idvault_client.errors import InvalidFields
from idvault_verify.error import FieldCode, Reason

Value = TypeVar("Value")
Read = Callable[[Any], Any]
# Descriptors; protobuf's stubs and its implementation disagree about their classes.
Kind = Any


@dataclass(frozen=True, slots=True)
class Named:
    """What the field is called in the message; the first of several that the message has."""

    names: tuple[str, ...]

    def __init__(self, *names: str) -> None:
        """Set the names."""
        object.__setattr__(self, "names", names)


@dataclass(frozen=True, slots=True)
class ReadBy:
    """The field is what a function makes of the whole message; raises ValueError."""

    make: Read


REQUIRED = object()
"""The field must not be empty."""
Id = Annotated[str, REQUIRED]
"""An id that must be there."""

_DESCRIBED: dict[type, Mapping[str, object]] = {}
# What a caller gives for a message whose name says too little.
_GIVEN_AS = {
    "IdentityDocument": "an IdentityDocument, as resident_id() and its like return it",
    "Timestamp": "a datetime",
    "Duration": "a timedelta",
}
# The reasons of texts that cannot be encoded, by their place in the request.
_REASONS = {
    "request_id": Reason.INVALID_REQUEST_ID,
    "account_token": Reason.INVALID_ACCOUNT_TOKEN,
    "real_name": Reason.INVALID_NAME,
    "organization_name": Reason.INVALID_NAME,
    "document.number": Reason.INVALID_DOCUMENT_NUMBER,
    "representative_name": Reason.INVALID_NAME,
    "representative_document.number": Reason.INVALID_DOCUMENT_NUMBER,
    "consent.policy_version": Reason.CONSENT_MISSING,
}


class UnknownValueError(ValueError):
    """A value of an enum is one that only a newer server knows."""


def describe(kind: type, **marks: object) -> None:
    """Annotate the fields of a class that is not the client's, before it is first read or written."""
    _DESCRIBED[kind] = marks


def read(kind: type[Value], message: Message, **given: object) -> Value:
    """Return the value of a message; given: fields that are not in it.

    Raises ValueError for a message that is not valid, UnknownValueError for a value that is not known.
    """
    parts = _parts(cast("Any", kind), message.DESCRIPTOR, frozenset(given))
    return kind(**given, **{name: get(message) for name, get in parts})


@cache
def _parts(kind: type, message: Kind, given: frozenset[str]) -> tuple[tuple[str, Read], ...]:
    """Return how each field of a class is read; raises TypeError if a message of this kind lacks one."""
    hints, found = get_type_hints(kind, include_extras=True), []
    for each in fields(kind):
        hint, marks = _marked(kind, each.name, hints)
        name = _name(each.name, marks, message)
        made = next((mark.make for mark in marks if isinstance(mark, ReadBy)), None)
        if each.name in given:
            continue
        if made is None and name not in message.fields_by_name:
            if each.default is MISSING:
                raise TypeError(f"{kind.__name__}.{each.name} is no field of {message.full_name}")
            continue
        get = made or _get(hint, message.fields_by_name[name])
        found.append((each.name, _required(each.name, get) if REQUIRED in marks else get))
    return tuple(found)


def _marked(kind: type, name: str, hints: Mapping[str, Any]) -> tuple[Any, tuple[object, ...]]:
    """Return a field's type and its marks."""
    hint = hints[name]
    marks: tuple[object, ...] = getattr(hint, "__metadata__", ())
    described = _DESCRIBED.get(kind, {}).get(name)
    return (get_args(hint)[0] if marks else hint), (marks if described is None else (*marks, described))


def _name(name: str, marks: Iterable[object], message: Kind) -> str:
    names = next((mark.names for mark in marks if isinstance(mark, Named)), (name,))
    return next((each for each in names if each in message.fields_by_name), name)


def _required(name: str, get: Read) -> Read:
    def required(message: Any) -> Any:
        found = get(message)
        if not found:
            raise ValueError(f"{name} is missing")
        return found

    return required


def _get(hint: Any, field: Kind) -> Read:
    """Return how a field of a message is read."""
    name, kind = field.name, hint
    optional = _optional(hint)
    if optional:
        kind = next(each for each in get_args(hint) if each is not NoneType)
    if field.is_repeated:
        convert = _convert(get_args(kind)[0], field, optional=field.enum_type is not None)
        if field.enum_type is not None:
            return lambda message: tuple(filter(None, map(convert, getattr(message, name))))
        return lambda message: tuple(map(convert, getattr(message, name)))
    convert = _convert(kind, field, optional=optional)
    if not optional or field.message_type is None:
        return lambda message: convert(getattr(message, name))

    def get(message: Any) -> Any:
        try:
            return convert(getattr(message, name)) if message.HasField(name) else None
        except UnknownValueError:
            return None

    return get


def _convert(kind: Any, field: Kind, *, optional: bool) -> Read:
    """Return what makes a value of a type from what a message has."""
    if get_origin(kind) is tuple:
        parts = sorted(field.message_type.fields, key=lambda part: part.number)
        # Not strict: a message may have grown.
        gets = [_get(*each) for each in zip(get_args(kind), parts, strict=False)]
        return lambda message: tuple(get(message) for get in gets)
    if is_dataclass(kind):
        return lambda message: read(cast("type[Any]", kind), message)
    if issubclass(kind, StrEnum):
        return _choose(kind, field.enum_type, optional=optional)
    if kind is datetime:
        return lambda value: value.ToDatetime(UTC)
    if kind in _TEXTS:
        parse = _TEXTS[kind]
        return (lambda value: parse(value) if value else None) if optional else parse
    return (lambda value: value or None) if optional and kind is str else (lambda value: value)


_TEXTS: Mapping[type, Read] = {date: date.fromisoformat, time: time.fromisoformat, ZoneInfo: ZoneInfo}


def _choose(kind: type[StrEnum], values: Kind, *, optional: bool) -> Read:
    known = {number: kind(name) for name, number in _numbers(values).items() if name in kind.__members__}
    fallback = kind.__members__.get("UNSPECIFIED")
    if optional or fallback:
        return lambda number: known.get(number, fallback)

    def choose(number: int) -> StrEnum:
        if number not in known:
            raise UnknownValueError(f"{values.full_name} {number} is not known")
        return known[number]

    return choose


@cache
def _numbers(values: Kind) -> Mapping[str, int]:
    """Return the numbers of an enum of messages by name, without the prefix that its names share."""
    prefix = values.values_by_number[0].name.removesuffix("UNSPECIFIED")
    return {value.name.removeprefix(prefix): value.number for value in values.values}


def given(**values: object) -> dict[str, Any]:
    """Return the values that are not None, for a request of which the others are left out."""
    return {name: value for name, value in values.items() if value is not None}


def message_of(kind: Kind, values: Mapping[str, object]) -> Any:
    """Return a message of values by the names of its fields.

    Raises InvalidFields for a text that UTF-8 cannot encode, TypeError for what is no text but should be, and
    for None.
    """
    message = GetMessageClass(kind)()
    for name, value in values.items():
        _put(message, kind.fields_by_name[name], value, name)
    return message


def write(message: Message, value: object, *, path: str = "") -> None:
    """Set the fields of a message from a dataclass; path: its place in the request.

    What may be None and is so is left out. Raises what `message_of` raises.
    """
    for attribute, field, optional in _written(cast("Any", type(value)), message.DESCRIPTOR):
        held = getattr(value, attribute)
        if held is not None or not optional:
            _put(message, field, held, f"{path}.{field.name}".lstrip("."))


@cache
def _written(kind: type, message: Kind) -> tuple[tuple[str, Kind, bool], ...]:
    """Return the attributes of a class with their fields, and whether each may be None.

    Raises KeyError if the message lacks one.
    """
    hints, found = get_type_hints(kind, include_extras=True), []
    for each in fields(kind):
        hint, marks = _marked(kind, each.name, hints)
        field = message.fields_by_name[_name(each.name, marks, message)]
        found.append((each.name, field, _optional(hint)))
    return tuple(found)


def _optional(hint: Any) -> bool:
    return get_origin(hint) in (Union, UnionType)


def _put(message: Any, field: Kind, value: Any, path: str) -> None:
    if field.is_repeated and field.message_type is not None:
        for each in value:
            _fill(getattr(message, field.name).add(), each, path)
    elif field.is_repeated:
        getattr(message, field.name).extend([_scalar(field, each, path) for each in value])
    elif field.message_type is not None:
        _fill(getattr(message, field.name), value, path)
    else:
        setattr(message, field.name, _scalar(field, value, path))


def _fill(message: Any, value: Any, path: str) -> None:
    message.SetInParent()
    if isinstance(value, Message):
        message.CopyFrom(value)
    elif isinstance(value, datetime):
        message.FromDatetime(value)
    elif isinstance(value, timedelta):
        message.FromTimedelta(value)
    elif is_dataclass(value) and not isinstance(value, type):
        write(message, value, path=path)
    else:
        raise TypeError(_wanted(path, message.DESCRIPTOR.name, value))


def _wanted(path: str, name: str, value: object) -> str:
    """Return what should be given, and the type of what was: its content may be personal."""
    wanted = _GIVEN_AS.get(name) or f"{'an' if name[0] in 'AEIOU' else 'a'} {name}"
    return f"{path} must be {wanted}, not a {type(value).__name__}"


def _scalar(field: Kind, value: Any, path: str) -> Any:
    if field.enum_type is not None:
        return _numbers(field.enum_type)[value.value] if isinstance(value, StrEnum) else value
    if field.type != field.TYPE_STRING:
        return field.default_value if value is None else value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, ZoneInfo):
        return value.key
    return text(value, field=path, reason=_REASONS.get(path, Reason.INVALID_MESSAGE))


def text(value: str, *, field: str, reason: Reason = Reason.INVALID_MESSAGE) -> str:
    """Return the text if UTF-8 can encode it.

    Otherwise raises InvalidFields, because protobuf's own error would show the value.
    """
    if not isinstance(value, str):
        raise TypeError(f"{field} must be a str")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise InvalidFields(reason, "INVALID_ARGUMENT", fields={field: FieldCode.CHARACTER})
    return value
