"""Files of legacy accounts that would fill the memory of whoever imports them."""

from collections.abc import Callable

_HEAD = b"reference,create_date\n"

TABLES: dict[str, Callable[[int], bytes]] = {
    "one line": lambda size: _HEAD + b"a" * size,
    "one header": lambda size: b"a" * size,
    "commas": lambda size: _HEAD + b"," * size,
    "an open quote": lambda size: _HEAD + b'"' + b"a\n" * (size // 2),
    "a row without end": lambda size: _HEAD + b'"a\n",' * (size // 5),
    "empty lines": lambda size: _HEAD + b"\n" * size,
    "carriage returns": lambda size: _HEAD + b"\r" * size,
    "quotes": lambda size: _HEAD + b'"' * size,
    "short rows": lambda size: _HEAD + b"a,b\n" * (size // 4),
    "long dates": lambda size: _HEAD + (b"a," + b"2" * 60_000 + b"\n") * (size // 60_003),
    "zeros": bytes,
}
"""Returns a file of about a size, by its kind."""
