"""Walks over folders in which a process may be writing: what vanishes meanwhile is left out.

`Path.rglob` and `shutil.copytree` fail when a file is renamed, or a folder removed, between being listed and
being read.
"""

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from fnmatch import fnmatch
from pathlib import Path

_GONE = (FileNotFoundError, NotADirectoryError)


def files(folder: Path) -> list[Path]:
    """Return every file below a folder, in order."""
    return sorted(path for path in _walk(folder, lambda _name: False) if path.is_file())


def contents(folder: Path) -> dict[Path, bytes]:
    """Return what each file below a folder holds."""
    found = {}
    for path in files(folder):
        with suppress(*_GONE):
            found[path] = path.read_bytes()
    return found


def copy(source: Path, target: Path, *, without: tuple[str, ...] = (), first: str = "") -> None:
    """Copy a folder to a new one, without drafts and what the patterns name.

    first: a file to copy before the others, such as a checkpoint, which refers to files written before it.
    Raises FileExistsError if the target is there, and FileNotFoundError if the source is not.
    """
    left_out = (*without, ".*.draft")
    source.stat()
    target.mkdir(parents=True)
    names = _walk(source, lambda name: any(fnmatch(name, pattern) for pattern in left_out))
    for path in [source / first, *names] if first else names:
        place = target / path.relative_to(source)
        with suppress(*_GONE):
            if path.is_dir():
                place.mkdir(parents=True, exist_ok=True)
                shutil.copystat(path, place)
            elif path.is_file() and not place.exists():
                place.parent.mkdir(parents=True, exist_ok=True)
                _copy_file(path, place)


def _copy_file(path: Path, place: Path) -> None:
    # Opened before the copy is created: a file that is gone leaves none behind.
    with path.open("rb") as file:
        place.write_bytes(file.read())
        place.chmod(stat.S_IMODE(os.fstat(file.fileno()).st_mode))


def _walk(folder: Path, left_out: Callable[[str], bool]) -> Iterator[Path]:
    """Yield folders and files; os.walk passes over a folder that is gone when its turn comes."""
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not left_out(name)]
        yield from (Path(place, name) for name in [*folders, *names] if not left_out(name))
