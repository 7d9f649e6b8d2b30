"""Strictly parses the fields of a signed JSON document; errors name the field and what it must be."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any

from idvault_verify import ed25519 as ed25519_keys
from idvault_verify.ed25519 import WeakKeyError
from idvault_verify.error import PreconditionError, Reason

_LONGEST_TEXT = 200
_HIGHEST = 2**53 - 1  # the largest integer in RFC 8785


class RosterError(PreconditionError):
    """A roster must not be used; the text gives the cause, for the members who signed it."""

    def __init__(self, why: str) -> None:
        """Keep the cause beside the published reason."""
        super().__init__(Reason.ROSTER_INVALID)
        self.why = why

    def __str__(self) -> str:
        """Return the cause."""
        return self.why


def document(data: bytes) -> dict[str, Any]:
    """Return the JSON object; refuses duplicate names and numbers that are not integers."""
    try:
        found = json.loads(
            data.decode("utf-8"), object_pairs_hook=_once, parse_constant=_refuse, parse_float=_refuse
        )
    except (ValueError, RecursionError) as error:
        raise RosterError("the file is not a JSON document in UTF-8") from error
    return mapping(found, "the file")


def mapping(value: Any, where: str) -> dict[str, Any]:
    """Return an object."""
    if not isinstance(value, dict):
        raise RosterError(f"{where} must be an object")
    return value


def exactly(value: Mapping[str, Any], where: str, *names: str) -> None:
    """Refuse missing and unknown fields: nobody must sign a field that is not understood."""
    for name in names:
        if name not in value:
            raise RosterError(f"{where}: {name} is missing")
    for name in sorted(value.keys() - set(names)):
        raise RosterError(f"{where}: {name[:_LONGEST_TEXT]!a} is not a known field")


def text(value: Any, where: str) -> str:
    """Return a text of 1 to 200 printable characters."""
    if not isinstance(value, str) or not 1 <= len(value) <= _LONGEST_TEXT or not value.isprintable():
        raise RosterError(f"{where} must have 1 to {_LONGEST_TEXT} printable characters")
    return value


def matching(value: Any, where: str, form: re.Pattern[str], what: str) -> str:
    """Return a text that matches a pattern; what: describes the pattern in the error."""
    if not isinstance(value, str) or not form.fullmatch(value):
        raise RosterError(f"{where} must be {what}")
    return value


def integer(value: Any, where: str) -> int:
    """Return an integer from 0 to 2^53 - 1; refuses true and false."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _HIGHEST:
        raise RosterError(f"{where} must be a whole number")
    return value


def flag(value: Any, where: str) -> bool:
    """Return true or false."""
    if not isinstance(value, bool):
        raise RosterError(f"{where} must be true or false")
    return value


def items(value: Any, where: str) -> list[Any]:
    """Return a list."""
    if not isinstance(value, list):
        raise RosterError(f"{where} must be a list")
    return value


def raw(value: Any, where: str) -> bytes:
    """Return the bytes of canonical base64url without padding."""
    try:
        data = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
    except (TypeError, ValueError, binascii.Error) as error:
        raise RosterError(f"{where} must be base64url") from error
    if base64url(data) != value:
        raise RosterError(f"{where} must be base64url without padding")
    return data


def ed25519(value: Any, where: str) -> bytes:
    """Return an Ed25519 public key of 32 bytes; refuses one of small order."""
    try:
        return ed25519_keys.check(raw(value, where))
    except WeakKeyError as error:
        raise RosterError(f"{where}: {error}") from error


def base64url(data: bytes) -> str:
    """Return base64url without padding (RFC 4648 section 5)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def different(values: list[Any], what: str) -> None:
    """Refuse duplicate values."""
    if len(set(values)) != len(values):
        raise RosterError(f"{what} occurs twice")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name occurs twice")
    return found


def _refuse(text: str) -> Any:
    raise ValueError("only whole numbers")
