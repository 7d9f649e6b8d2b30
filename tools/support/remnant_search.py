"""Searches the files of databases, whatever they are for, for the bytes of keys that tests have chosen.

Each half of such a key begins with one mark, so that one pass over a file finds all keys, and finds a key of
which a page's header has cut one half.
"""

import base64
import re
import secrets
import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tools.support import folders

_MARK, _REST = 8, 8


@dataclass(eq=False)
class MarkedKeys:
    """Keys of 32 bytes by name, and where they are found."""

    mark: bytes = field(default_factory=lambda: secrets.token_bytes(_MARK))
    by_name: dict[str, bytes] = field(default_factory=dict)

    def make(self) -> bytes:
        """Return a new key, which `add` gives a name."""
        return b"".join(self.mark + secrets.token_bytes(_REST) for _ in range(2))

    def add(self, name: str, key: bytes) -> None:
        self.by_name[name] = key

    def found(self, places: Iterable[Path]) -> dict[str, set[str]]:
        """Return the names of the files in which each key is found, without keys that are in none."""
        found: dict[str, set[str]] = {}
        for folder in places:
            for path in folders.files(folder):
                for name in self._in(_content(path)):
                    found.setdefault(name, set()).add(str(path.relative_to(folder)))
        return found

    def _in(self, content: bytes) -> Iterator[str]:
        for form in _FORMS:
            halves = {form(half): name for name, key in self.by_name.items() for half in (key[:16], key[16:])}
            # What all of them begin with: base64 mixes the mark's last bytes with those after it.
            start = form(self.mark[:6])
            for hit in re.finditer(re.escape(start), content):
                length = len(form(bytes(16)))
                name = halves.get(content[hit.start() : hit.start() + length])
                if name is not None:
                    yield name


def _as_it_is(value: bytes) -> bytes:
    return value


def _hex(value: bytes) -> bytes:
    return value.hex().encode()


def _upper_hex(value: bytes) -> bytes:
    return value.hex().upper().encode()


def _base64(value: bytes) -> bytes:
    """Return what does not depend on the bytes that follow: a whole key is written as one text."""
    return base64.b64encode(value)[: len(value) * 8 // 6]


_FORMS: tuple[Callable[[bytes], bytes], ...] = (_as_it_is, _hex, _upper_hex, _base64)


def _content(path: Path) -> bytes:
    if ".sqlite3" in path.name:
        # To close a file ends all locks that this process has on it, those of its connections, too.
        return subprocess.run(["cat", path], capture_output=True, check=False).stdout
    try:
        return path.read_bytes()
    except OSError:
        return b""  # no file, or gone meanwhile
