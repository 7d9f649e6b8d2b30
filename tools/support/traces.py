"""Searches files for forbidden values: names and numbers, in every encoding a program may write."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.support import folders


@dataclass(frozen=True, slots=True)
class Hit:
    """A file that contains a forbidden value; the value is given only by its index in the list."""

    path: Path
    index: int
    encoding: str


def encodings(value: str) -> dict[str, bytes]:
    """Return a value as UTF-8, as UTF-16 in both byte orders, and JSON-escaped."""
    return {
        "UTF-8": value.encode(),
        "UTF-16-LE": value.encode("utf-16-le"),
        "UTF-16-BE": value.encode("utf-16-be"),
        "JSON": json.dumps(value)[1:-1].encode("ascii"),
    }


def files(folder: Path, *, without: Iterable[Path]) -> list[Path]:
    """Return every file below a folder except excluded ones."""
    spared = {path.resolve() for path in without}
    return [path for path in folders.files(folder) if path.resolve() not in spared]


def search(paths: Iterable[Path], values: Iterable[str]) -> list[Hit]:
    """Return where a value is found; a file that was removed in the meantime has no hits."""
    needles = [(index, encodings(value)) for index, value in enumerate(values)]
    return [hit for path in paths for hit in _search(path, needles)]


def _search(path: Path, needles: list[tuple[int, dict[str, bytes]]]) -> Iterator[Hit]:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return
    for index, forms in needles:
        for encoding, needle in forms.items():
            if needle in content:
                yield Hit(path, index, encoding)
