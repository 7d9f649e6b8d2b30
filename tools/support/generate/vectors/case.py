"""How a file of vectors is written, so that a reader in any language can run it.

An input is `{"of": NAME}`, one of the file's `inputs`, or one of them with changes: each of `splices` is
`[AT, COUNT, PUT]`, which takes COUNT of its bytes away from AT on and puts PUT there, as often as `times`
says; places are those before any change, in order. Each character of inputs and puts is one byte. `reason` is
what a reader must say, null if it accepts.
"""

import json
import re
from collections.abc import Iterable, Sequence
from difflib import Match, SequenceMatcher
from functools import lru_cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[4] / "clients" / "vectors"
_LONG, _PIECE = 2_048, 64
Case = dict[str, Any]
Input = dict[str, Any]


class LettersMatcher(SequenceMatcher[str]):
    """Finds what its parent finds, in a third of the time: it compares slices of texts, not letters."""

    def __init__(self, one: str, other: str) -> None:
        """Set both texts."""
        super().__init__(None, one, other, autojunk=False)
        self._one, self._other = one, other

    def set_seq2(self, b: Sequence[str]) -> None:
        """Set the second text, without the table of its letters, which the parent compares by."""
        self.b: Sequence[str] = b
        self.matching_blocks = self.opcodes = None

    def find_longest_match(
        self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None
    ) -> Match:
        """Return the longest block within bounds: of several the first in a, and there the first in b."""
        one, other = self._one[alo:ahi], self._other[blo:bhi]
        low, high, found = 0, min(len(one), len(other)), Match(alo, blo, 0)
        while low < high:
            size = (low + high + 1) // 2
            slices = {other[at : at + size] for at in range(len(other) - size + 1)}
            begins = (at for at in range(len(one) - size + 1) if one[at : at + size] in slices)
            if (at := next(begins, None)) is None:
                high = size - 1
            else:
                low, found = size, Match(alo + at, blo + other.index(one[at : at + size]), size)
        return found


def changed(of: str, base: bytes, made: bytes) -> Input:
    """Return the input that is `made`, by what differs from its base."""
    if made == base:
        return {"of": of}
    parts, others = _parts(base), _parts(made)
    # What both begin and end with is not matched: that takes the square of its length.
    first = _alike(parts, others)
    last = _alike(parts[first:][::-1], others[first:][::-1])
    parts, others = parts[: len(parts) - last], others[: len(others) - last]
    at = sum(map(len, parts[:first]))
    parts, others = parts[first:], others[first:]
    letters = {part: chr(number) for number, part in enumerate({*parts, *others})}
    one, other = ("".join(letters[part] for part in each) for each in (parts, others))
    found: list[list[Any]] = []
    for tag, begin, end, left, right in LettersMatcher(one, other).get_opcodes():
        if tag != "equal":
            found.append(
                _splice(
                    at + sum(map(len, parts[:begin])),
                    b"".join(parts[begin:end]),
                    b"".join(others[left:right]),
                )
            )
    return {"of": of, "splices": found}


def repeated(of: str, at: int, put: bytes, times: int) -> Input:
    """Return the input with some bytes put into it many times."""
    return {"of": of, "splices": [[at, 0, put.decode("latin-1")]], "times": times}


def apply(inputs: dict[str, str], given: Input) -> bytes:
    """Return the bytes of an input."""
    made = inputs[given["of"]].encode("latin-1")
    for at, count, put in reversed(given.get("splices", [])):
        made = made[:at] + put.encode("latin-1") * int(given.get("times", 1)) + made[at + count :]
    return made


def to_bytes(page: dict[str, Any]) -> bytes:
    """Return a file: one line for each case."""
    names = [case["name"] for case in page["cases"]]
    assert len(set(names)) == len(names), sorted(name for name in names if names.count(name) > 1)[:5]
    head = {"format": __doc__} | {name: value for name, value in page.items() if name != "cases"}
    lines = [f"{json.dumps(name)}: {json.dumps(value)}," for name, value in head.items()]
    cases = ",\n".join(json.dumps(case, separators=(",", ":")) for case in page["cases"])
    return "\n".join(("{", *lines, '"cases": [', cases, "]}", "")).encode()


def load(name: str) -> dict[str, Any]:
    """Return the content of a file."""
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_bytes())
    return found


def texts(rows: Iterable[tuple[str, bytes, str | None]], **given: Any) -> list[Case]:
    """Return cases of inputs that have nothing in common."""
    return [
        {"name": name, "input": changed("nothing", b"", made), **given, "reason": reason}
        for name, made, reason in rows
    ]


@lru_cache(8)
def _parts(text: bytes) -> list[bytes]:
    """Return a text in parts between which it may differ; a long one, such as a message, in pieces."""
    found = [part for part in re.split(rb'(["., \n])', text) if part]
    return [piece for part in found for piece in (_pieces(part) if len(part) > _LONG else (part,))]


def _pieces(part: bytes) -> list[bytes]:
    return [part[at : at + _PIECE] for at in range(0, len(part), _PIECE)]


def _alike(parts: list[bytes], others: list[bytes]) -> int:
    """Return how many parts two texts begin with alike."""
    pairs = enumerate(zip(parts, others, strict=False))
    return next((at for at, (one, other) in pairs if one != other), min(len(parts), len(others)))


def _splice(at: int, old: bytes, new: bytes) -> list[Any]:
    before = _same(old, new)
    after = _same(old[before:][::-1], new[before:][::-1])
    return [at + before, len(old) - after - before, new[before : len(new) - after].decode("latin-1")]


def _same(one: bytes, other: bytes) -> int:
    """Return how many bytes two texts begin with alike."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return low
