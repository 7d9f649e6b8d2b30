"""Searches files for what they must not hold: names and numbers, in every encoding a program may write."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Hit:
    """A file that holds something it must not; which value is said by its place in the list only."""

    path: Path
    index: int
    encoding: str


def encodings(value: str) -> dict[str, bytes]:
    """Return a value as UTF-8, as UTF-16 in both byte orders, and as JSON escapes it."""
    return {
        "UTF-8": value.encode(),
        "UTF-16-LE": value.encode("utf-16-le"),
        "UTF-16-BE": value.encode("utf-16-be"),
        "JSON": json.dumps(value)[1:-1].encode("ascii"),
    }


def files(folder: Path, *, without: Iterable[Path]) -> list[Path]:
    """Return every file below a folder but those that are somebody else's."""
    spared = {path.resolve() for path in without}
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.resolve() not in spared)


def search(paths: Iterable[Path], values: Iterable[str]) -> list[Hit]:
    """Return where a value is found; a file that was removed meanwhile holds nothing."""
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
