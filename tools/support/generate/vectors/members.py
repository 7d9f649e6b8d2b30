"""Systematic changes of a paper in JSON: each member missing, doubled, null, of another type or spelling.

A paper's members are named by paths such as `entry.proof.index`, each with the kind of its value. None of
these changes leaves a paper that can be read; what a changed value means is each kind's own.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from typing import Any

_HERE = "@here@"
_ANY = ("null", "true", "false")
# By the kind of a value: JSON texts that no reader takes for one.
_WRONG = {
    "text": ("0", "1.5", "[]", "{}", '["x"]', '"\\ud800"', '"a\nb"', "x", ""),
    "bytes": (
        "0",
        "[]",
        "{}",
        '["AA=="]',
        '"A"',
        '"AA"',
        '"A==="',
        '"AB=="',
        '"AA==AA=="',
        '"%AA="',
        '"\u00e9"',
    ),
    "long": (
        *(
            "0",
            "7",
            '"01"',
            '"-0"',
            '"+1"',
            '" 1"',
            '"1 "',
            '"1.0"',
            '"1e3"',
            '"0x1"',
            '""',
            '"٣"',
            '"1_0"',
            "[]",
        ),
        *('"9007199254740992"', '"-9007199254740992"', '"99999999999999999999"', "1.0", "{}", '"NaN"', "NaN"),
    ),
    "short": (
        *(
            '"2"',
            "2.0",
            "2e0",
            "-0",
            "02",
            "+2",
            "2147483648",
            "-2147483648",
            "9007199254740992",
            '""',
            "[]",
            "{}",
        ),
        *("Infinity", "0x2", "2n"),
    ),
    "time": (
        *("0", '""', '"2026-03-01"', '"2026-03-01T12:00:00"', '"2026-03-01T12:00:00+00:00"', "[]", "{}"),
        *(
            '"2026-03-01T12:00:00.5Z"',
            '"2026-03-01 12:00:00Z"',
            '"2026-03-01T12:00Z"',
            '"2026-02-30T12:00:00Z"',
        ),
        *(
            '"2026-03-01T24:00:00Z"',
            '"2026-03-01T12:00:60Z"',
            '"0000-03-01T12:00:00Z"',
            '"2026-3-1T12:00:00Z"',
        ),
        *('"2026-03-01t12:00:00z"', '" 2026-03-01T12:00:00Z"', '"12026-03-01T12:00:00Z"', "1772366400"),
    ),
    "word": ("0", "1", '""', '"x"', "[]", "{}", '"state_erased"', '"ERASED"'),
    "object": ('""', '"x"', "0", "[]", "[{}]"),
    "list": ('""', '"x"', "0", "{}", "[null]", "[[]]", "[0]", '[{"x":0}]'),
}

# The members that every kept paper has, and the kind of value of each.
ENTRY = {
    "entry": "object",
    "entry.leaf": "bytes",
    "entry.openingKey": "bytes",
    "entry.proof": "object",
    "entry.proof.index": "long",
    "entry.proof.treeSize": "long",
    "entry.proof.hashes": "list",
    "entry.proof.hashes.0": "bytes",
}
CHECKPOINT = {"checkpoint": "object", "checkpoint.note": "bytes"}


def compact(paper: Any) -> bytes:
    """Return the text of a paper."""
    return json.dumps(paper, separators=(",", ":"), ensure_ascii=False).encode()


def at(paper: Any, path: str) -> Any:
    """Return the value of a path."""
    for name in path.split("."):
        paper = paper[int(name) if isinstance(paper, list) else name]
    return paper


def put(paper: Any, path: str, value: Any) -> Any:
    """Return the paper with another value; a member that it does not have is added."""
    made = json.loads(json.dumps(paper))
    *before, name = path.split(".")
    place = at(made, ".".join(before)) if before else made
    place[int(name) if isinstance(place, list) else name] = value
    return made


def without(paper: Any, path: str) -> Any:
    """Return the paper without a member."""
    made = json.loads(json.dumps(paper))
    *before, name = path.split(".")
    place = at(made, ".".join(before)) if before else made
    del place[int(name) if isinstance(place, list) else name]
    return made


def put_text(paper: Any, path: str, text: str) -> bytes:
    """Return the text of the paper with a JSON text, or what is none, as a value."""
    return compact(put(paper, path, _HERE)).replace(
        f'"{_HERE}"'.encode(), text.encode("utf-8", "surrogatepass"), 1
    )


def unreadable(paper: Any, kinds: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    """Yield every systematic change of a paper with these members."""
    for path, kind in kinds.items():
        value = at(paper, path)
        for text in (*_ANY, *_WRONG[kind]):
            yield f"{path} is {text!a}", put_text(paper, path, text)
        name = path.rpartition(".")[2]
        if not name.isdigit():
            shown = compact(value).decode()
            yield f"{path} twice", put_text(paper, path, f'{shown},"{name}":{shown}')
            yield f"{path} twice, once escaped", put_text(paper, path, f'{shown},"{_escaped(name)}":{shown}')
            yield f"{path} in another spelling", _renamed(paper, path, _snake(name))
            yield f"{path} with a capital", _renamed(paper, path, name[0].upper() + name[1:])
        if kind == "bytes":
            yield from (
                (f"{path}: {told}", put_text(paper, path, f'"{text}"')) for told, text in _spelt(value)
            )
        if kind == "object":
            for other in ("x", "__proto__", "constructor"):
                yield f"{path} has {other}, too", compact(put(paper, f"{path}.{other}", "x"))
    for other in ("x", "__proto__", "toString", ""):
        yield f"a member {other!a}", compact({**paper, other: "x"})
    yield from _spoilt(compact(paper))


def _renamed(paper: Any, path: str, name: str) -> bytes:
    *before, _ = path.split(".")
    made = put(without(paper, path), ".".join((*before, name)), at(paper, path))
    return compact(made)


def _snake(name: str) -> str:
    found = "".join(f"_{each.lower()}" if each.isupper() else each for each in name)
    return found if found != name else f"{name}_"


def _escaped(name: str) -> str:
    return f"\\u{ord(name[0]):04x}{name[1:]}"


def _spelt(value: str) -> Iterator[tuple[str, str]]:
    """Yield other spellings of base64."""
    data = b64decode(value)
    yield "a space before", f" {value}"
    yield "a space after", f"{value} "
    yield "an escaped end of line after", f"{value}\\n"
    yield "an escaped end of line within", f"{value[:4]}\\n{value[4:]}"
    yield "a comma within", f"{value[:4]},{value[4:]}"
    yield "more padding", f"{value}="
    yield "a letter more", f"{value.rstrip('=')}A{'=' * (len(value) - len(value.rstrip('=')))}"
    url = b64encode(b"\xfb\xff\xfe" + data[3:]).decode().replace("+", "-").replace("/", "_")
    yield "the other alphabet", url
    two = b64encode(data[: len(data) // 3 * 3 - 1]).decode()
    yield "no padding", two.rstrip("=")
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    yield "bits of no byte", two[:-2] + letters[letters.index(two[-2]) + 1] + "="
    yield "a letter as an escape of no letter", f"\\u0100{value[1:]}"


def _spoilt(text: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield texts that are no JSON."""
    for part in range(40):
        cut = len(text) * part // 40
        yield f"cut after {cut}", text[:cut]
    yield from (
        ("a byte order mark", b"\xef\xbb\xbf" + text),
        ("UTF-16", text.decode().encode("utf-16")),
        ("UTF-16 without a mark", text.decode().encode("utf-16-be")),
        ("UTF-32", text.decode().encode("utf-32")),
        ("a NUL at the end", text + b"\x00"),
        ("an object at the end", text + b"{}"),
        ("a comma at the end", text + b","),
        ("a bracket at the end", text + b"}"),
        ("no UTF-8 at the end", text + b"\xff"),
        ("a fixed space at the end", text + "\u00a0".encode()),
        ("a comment at the end", text + b"//x"),
        ("a comma before the end", text[:-1] + b",}"),
        ("single quotes", text.replace(b'"', b"'")),
        ("in a list", b"[" + text + b"]"),
        ("in a text", json.dumps(text.decode()).encode()),
        ("a function's call", b"f(" + text + b")"),
    )
