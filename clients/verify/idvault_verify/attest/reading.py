"""Strictly parses the fields of a signed JSON document; errors name the field and what it must be."""

import re
from collections.abc import Mapping
from typing import Any

from idvault_verify import ed25519 as ed25519_keys
from idvault_verify import strict_base64, strict_json
from idvault_verify.ed25519 import WeakKeyError
from idvault_verify.error import PreconditionError, Reason
from idvault_verify.strict_base64 import Base64Error
from idvault_verify.strict_json import HIGHEST, JsonError

MOST_BYTES = 1024 * 1024
"""The longest file of this kind, unless its reader says otherwise: a roster, a person's keys."""
_LONGEST_TEXT = 200


class RosterError(PreconditionError):
    """A roster must not be used; the text gives the cause, for the members who signed it."""

    def __init__(self, why: str) -> None:
        """Keep the cause beside the published reason."""
        super().__init__(Reason.ROSTER_INVALID)
        self.why = why

    def __str__(self) -> str:
        """Return the cause."""
        return self.why


def document(data: bytes, *, limit: int = MOST_BYTES) -> dict[str, Any]:
    """Return the JSON object that a file of at most limit bytes is."""
    try:
        found = strict_json.parse(data, limit=limit)
    except JsonError as error:
        raise RosterError(f"this is not a JSON document: {error}") from error
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
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= HIGHEST:
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
        return strict_base64.url(value)
    except Base64Error as error:
        raise RosterError(f"{where} must be base64url without padding") from error


def ed25519(value: Any, where: str) -> bytes:
    """Return an Ed25519 public key of 32 bytes; refuses one of small order."""
    try:
        return ed25519_keys.check(raw(value, where))
    except WeakKeyError as error:
        raise RosterError(f"{where}: {error}") from error


def base64url(data: bytes) -> str:
    """Return base64url without padding (RFC 4648 section 5)."""
    return strict_base64.encode_url(data)


def different(values: list[Any], what: str) -> None:
    """Refuse duplicate values."""
    if len(set(values)) != len(values):
        raise RosterError(f"{what} occurs twice")
