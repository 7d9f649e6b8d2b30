"""Reads a paper that is the JSON form of a message (docs/formats.md, section 11), strictly.

- A member has the message's name for the field in camelCase. Unknown members, and null, are refused.
- Each kind of value has one form: bytes are base64 with padding, 64-bit integers are texts in decimal, other
  integers numbers, values of an enum their names, times `YYYY-MM-DDTHH:MM:SSZ`.
- A member may be there with the value that it has without being there.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from idvault_verify import strict_base64, strict_json
from idvault_verify.strict_base64 import Base64Error
from idvault_verify.strict_json import HIGHEST, JsonError

_M = TypeVar("_M", bound=Message)
_TIME = "google.protobuf.Timestamp"
# Newer versions of Python also parse the hour 24.
_SECOND = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?!24)[0-9]{2}:[0-9]{2}:[0-9]{2}Z", re.ASCII)
_DECIMAL = re.compile(r"0|-?[1-9][0-9]{0,15}", re.ASCII)
_HIGHEST_32 = 2**31 - 1


class MessageError(JsonError):
    """The file is JSON, but not the message; the text names the member, never its value."""


def parse(data: bytes | str, message: _M, *, limit: int) -> _M:
    """Return the message with the values of a file of at most limit bytes; raises JsonError."""
    _fill(message, strict_json.parse_object(data, limit=limit), "")
    return message


def _fill(message: Message, members: dict[str, Any], where: str) -> None:
    # Not fields_by_camelcase_name, which also has the names of the message.
    fields = {field.json_name: field for field in message.DESCRIPTOR.fields}
    for name, value in members.items():
        if name not in fields:
            raise MessageError(f"{where or 'the file'} has a member that is not known")
        _set(message, fields[name], value, f"{where}.{name}".removeprefix("."))


def _set(message: Message, field: Any, value: Any, where: str) -> None:
    place = getattr(message, field.name)
    if field.is_repeated:
        _extend(place, field, value, where)
    elif field.message_type is None:
        setattr(message, field.name, _scalar(field, value, where))
    elif field.message_type.full_name == _TIME:
        place.FromDatetime(_time(value, where))
        place.SetInParent()
    else:
        _fill(place, _object(value, where), where)
        place.SetInParent()


def _extend(place: Any, field: Any, value: Any, where: str) -> None:
    if not isinstance(value, list):
        raise MessageError(f"{where} must be a list")
    for each in value:
        if field.message_type is None:
            place.append(_scalar(field, each, where))
        else:
            _fill(place.add(), _object(each, where), where)


def _object(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise MessageError(f"{where} must be an object")
    return value


def _scalar(field: Any, value: Any, where: str) -> Any:
    if field.enum_type is not None:
        return _enum(field.enum_type, value, where)
    return _READERS[field.type](value, where)


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise MessageError(f"{where} must be a text")
    return value


def _bytes(value: Any, where: str) -> bytes:
    try:
        return strict_base64.standard(value)
    except Base64Error as error:
        raise MessageError(f"{where}: {error}") from error


def _integer(value: Any, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > _HIGHEST_32:
        raise MessageError(f"{where} must be a number of 32 bits")
    return value


def _long(value: Any, where: str) -> int:
    if not isinstance(value, str) or not _DECIMAL.fullmatch(value) or abs(int(value)) > HIGHEST:
        raise MessageError(f"{where} must be a whole number in decimal, as a text")
    return int(value)


def _enum(enum: Any, value: Any, where: str) -> int:
    if not isinstance(value, str) or value not in enum.values_by_name:
        raise MessageError(f"{where} must be one of the known words")
    number: int = enum.values_by_name[value].number
    return number


def _time(value: Any, where: str) -> datetime:
    refused = MessageError(f"{where} must be a time such as 2026-03-01T12:00:00Z")
    if not isinstance(value, str) or not _SECOND.fullmatch(value):
        raise refused
    try:
        return datetime.fromisoformat(value).astimezone(UTC)
    except ValueError:
        # Without the cause, whose text has the value.
        raise refused from None


_READERS: dict[int, Callable[[Any, str], Any]] = {
    FieldDescriptor.TYPE_STRING: _text,
    FieldDescriptor.TYPE_BYTES: _bytes,
    FieldDescriptor.TYPE_INT32: _integer,
    FieldDescriptor.TYPE_INT64: _long,
}
