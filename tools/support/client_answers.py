"""Answers of the vault for the vectors of the client, and what the client makes of them as text."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from hashlib import sha256
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message

import idvault_verify.v1
from idvault_client import VaultError

Flat = dict[str, str]
_DAYS = {"as_of", "since", "owner_changed_on", "day"}
_HOURS = {"start": "22:05", "end": "07:00", "time_zone": "Asia/Shanghai"}
_UNKNOWN = 999
_SHOWN = 64
_TOO_LATE = 10**13
"""Seconds since 1970 that no date has."""


def services() -> Mapping[str, Mapping[str, MethodDescriptor]]:
    """Return the methods of every service, by the service's full name."""
    found = {}
    for module in iter_modules(idvault_verify.v1.__path__):
        if module.name.endswith("_pb2"):
            described = import_module(f"idvault_verify.v1.{module.name}").DESCRIPTOR
            for service in described.services_by_name.values():
                found[service.full_name] = {method.name: method for method in service.methods}
    return found


def method(path: str) -> MethodDescriptor:
    """Return the method of a path."""
    _, service, name = path.split("/")
    return services()[service][name]


def full(kind: type[Message]) -> Message:
    """Return a message of which every field is set."""
    message = kind()
    _fill(message)
    return message


def _fill(message: Message) -> None:
    seen = set()
    for field in message.DESCRIPTOR.fields:
        if field.containing_oneof is not None:
            if field.containing_oneof.name in seen:
                continue
            seen.add(field.containing_oneof.name)
        _set(message, field)


def _set(message: Message, field: Any) -> None:
    """Give a field a value, and a list two."""
    if field.message_type is not None:
        held = getattr(message, field.name)
        for each in [held.add(), held.add()] if field.is_repeated else [held]:
            each.SetInParent()
            _fill_message(each)
    elif field.is_repeated:
        getattr(message, field.name).extend([_scalar(field, 1), _scalar(field, 2)])
    else:
        setattr(message, field.name, _scalar(field, 1))


def _fill_message(message: Any) -> None:
    if message.DESCRIPTOR.full_name in ("google.protobuf.Timestamp", "google.protobuf.Duration"):
        message.seconds, message.nanos = 1_772_000_000, 250_000_000
    else:
        _fill(message)


def _scalar(field: Any, place: int) -> Any:
    if field.enum_type is not None:
        return field.enum_type.values[min(place, len(field.enum_type.values) - 1)].number
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        return _text(field.name, place) if field.type == FieldDescriptor.TYPE_STRING else bytes([place]) * 4
    return True if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL else 10 * field.number + place


def _text(name: str, place: int) -> str:
    if _is_day(name):
        return f"2026-03-0{place}"
    return _HOURS.get(name) or ("2026-02" if name == "month" else f"{name}-{place}")


def _is_day(name: str) -> bool:
    return name in _DAYS or "_date" in name


def variants(whole: Message) -> Iterator[tuple[str, Message]]:
    """Return the full answer, an empty one, and the full one with each field changed in turn."""
    yield "full", whole
    yield "empty", type(whole)()
    yield from _changes(whole)


def _changes(whole: Any) -> Iterator[tuple[str, Any]]:
    kind = type(whole)
    for field in whole.DESCRIPTOR.fields:
        for name, change in _field_changes(field):
            copy = kind.FromString(whole.SerializeToString())
            change(copy)
            yield f"{field.name} {name}", copy
        if field.message_type is None or field.message_type.full_name.startswith("google."):
            continue
        held = getattr(whole, field.name)
        if not field.is_repeated and not whole.HasField(field.name):
            continue
        for path, changed in _changes(held[0] if field.is_repeated else held):
            copy = kind.FromString(whole.SerializeToString())
            target = getattr(copy, field.name)
            (target[0] if field.is_repeated else target).CopyFrom(changed)
            yield f"{field.name}.{path}", copy


def _field_changes(field: FieldDescriptor) -> Iterator[tuple[str, Any]]:
    name = field.name
    yield "unset", lambda message: message.ClearField(name)
    if field.containing_oneof is not None:
        yield "chosen", lambda message: _set(message, field)
    if field.enum_type is not None:
        for number in (*(each.number for each in field.enum_type.values), _UNKNOWN):
            yield str(number), lambda message, number=number: _put(message, field, number)
    elif field.message_type is not None and field.message_type.full_name.startswith("google."):
        yield "too late", lambda message: setattr(getattr(message, name), "seconds", _TOO_LATE)
        yield "negative", lambda message: setattr(getattr(message, name), "seconds", -5)
    elif field.type == FieldDescriptor.TYPE_STRING and (_is_day(name) or name in _HOURS):
        yield "no day", lambda message: _put(message, field, "2026-13-01")


def _put(message: Message, field: FieldDescriptor, value: Any) -> None:
    if field.is_repeated:
        getattr(message, field.name)[0] = value
    else:
        setattr(message, field.name, value)


def shown(value: Any) -> str:
    """Return an error or a plain value as text."""
    if isinstance(value, VaultError):
        return repr(value)
    return f"{type(value).__name__}: {value}" if isinstance(value, Exception) else repr(value)


def flat(value: Any) -> Flat:
    """Return every part of a value as text, by its place."""
    found = dict(_flat(value, ""))
    # What is not shown must stay so: it is personal.
    return {**found, "repr": sha256(repr(value).encode()).hexdigest()[:16]}


def _flat(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Message):
        yield (
            path,
            f"{type(value).__name__} {sha256(value.SerializeToString(deterministic=True)).hexdigest()[:16]}",
        )
    elif is_dataclass(value) and not isinstance(value, type):
        yield path, type(value).__name__
        for each in fields(value):
            yield from _flat(getattr(value, each.name), f"{path}.{each.name}")
    elif isinstance(value, (tuple, list)):
        yield path, f"{type(value).__name__} of {len(value)}"
        for place, each in enumerate(value):
            yield from _flat(each, f"{path}[{place}]")
    elif isinstance(value, Enum):
        yield path, f"{type(value).__name__}.{value.name}"
    elif isinstance(value, (date, datetime)):
        yield path, f"{type(value).__name__} {value.isoformat()}"
    elif isinstance(value, bytes) and len(value) > _SHOWN:
        yield path, f"bytes {sha256(value).hexdigest()[:16]}"
    else:
        yield path, shown(value)


def difference(reference: Flat, other: Flat) -> str:
    """Return what is different from the reference in one line; an error alone is its text."""
    if set(other) == {"", "repr"}:
        return other[""]
    changed = [f"{path} {text}" for path, text in other.items() if reference.get(path) != text]
    return "; ".join(each for each in changed if not each.startswith("repr "))
