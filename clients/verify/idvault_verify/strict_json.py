"""The strict reader of JSON (RFC 8259): refuses what another reader could understand in another way.

- The text is UTF-8, without a byte order mark and without half of a surrogate pair.
- No name stands twice in an object, and nothing after the value.
- A number is whole, has no fraction, exponent or minus before 0, and at most 2^53 - 1 on either side of 0.
- Objects and lists are nested 32 deep at most, the outermost counted.
- Its commas and opening brackets, also those within texts, are at most 250,000: a short file must not fill
  the memory with empty lists.
"""

import json
import re
from collections.abc import Iterable
from typing import Any

HIGHEST = 2**53 - 1
"""The greatest number: beyond it not every reader knows each whole number (RFC 8785)."""
DEEPEST = 32
MOST_MARKS = 250_000
_DIGITS = len(str(HIGHEST))
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")


class JsonError(ValueError):
    """The text is not JSON as it must be written; the error never holds the text."""


class JsonSizeError(JsonError):
    """The text is longer than such a file can be."""


def parse(data: bytes | str, *, limit: int) -> Any:
    """Return the value of a text of at most limit bytes; raises JsonError, JsonSizeError."""
    text = _text(data, limit)
    if sum(text.count(mark) for mark in ",[{") > MOST_MARKS:
        raise JsonSizeError("the file has too many values")
    try:
        found = _DECODER.decode(text)
    except JsonError:
        raise
    except (ValueError, RecursionError) as error:
        raise JsonError("the file is not JSON") from error
    _check_values(found, surrogates=bool(_SURROGATE.search(text)))
    return found


def parse_object(data: bytes | str, *, limit: int) -> dict[str, Any]:
    """Return the object that a text is; raises JsonError, JsonSizeError."""
    found = parse(data, limit=limit)
    if not isinstance(found, dict):
        raise JsonError("the file is not a JSON object")
    return found


def _text(data: bytes | str, limit: int) -> str:
    try:
        raw = data.encode() if isinstance(data, str) else data
        if len(raw) > limit:
            raise JsonSizeError(f"the file is longer than {limit} bytes")
        return raw.decode()
    except UnicodeError as error:
        raise JsonError("the file is not UTF-8") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise JsonError("a name stands twice in an object")
    return found


def _refuse(_: str) -> Any:
    raise JsonError("a number is not a whole one without exponent")


def _whole(text: str) -> int:
    if text == "-0" or len(text.removeprefix("-")) > _DIGITS or abs(int(text)) > HIGHEST:
        raise JsonError("a number is -0, or beyond 2^53 - 1")
    return int(text)


# Built once: that takes as long as reading a token.
_DECODER = json.JSONDecoder(
    object_pairs_hook=_once, parse_constant=_refuse, parse_float=_refuse, parse_int=_whole
)


def _check_values(found: Any, *, surrogates: bool) -> None:
    """Raise JsonError for a value that is nested too deeply, and if asked for half of a surrogate pair."""
    level: list[Any] = [found]
    for _ in range(DEEPEST):
        if not level:
            return
        if surrogates:
            _check_texts(level)
        level = [inner for each in level for inner in _inside(each)]
    # What is within the deepest list can only be texts and numbers.
    if any(isinstance(each, dict | list) for each in level):
        raise JsonError("the file is nested too deeply")
    if surrogates:
        _check_texts(level)


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _check_texts(level: list[Any]) -> None:
    texts = (text for each in level for text in (each if isinstance(each, dict) else [each]))
    for text in texts:
        if isinstance(text, str) and not _is_encodable(text):
            raise JsonError("a text has half of a surrogate pair")


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
