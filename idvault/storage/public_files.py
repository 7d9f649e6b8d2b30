"""The public directory on a file system (ports.log.store.Publication): files appear whole, and stay.

- A file is written beside its place, synced, renamed into it, and its folder synced: after a crash there is
  the old content or the new one, never half of one.
- Everybody may read what is here; drafts and the lock begin with a dot, which no server should serve.
- A path is made of plain names; nothing is read or written through a symbolic link below the directory.
"""

import asyncio
import fcntl
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from idvault import durable_file
from idvault.domain.error import Reason, UnavailableError

T = TypeVar("T")

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*", re.ASCII)
_LOCK = ".lock"
_FILE_MODE = 0o644
_FOLDER_MODE = 0o755
# A folder that another worker removes between its making and the writing is made again.
_TRIES = 5


class PublicPathError(UnavailableError):
    """The path leaves the public directory, or leads through a symbolic link."""

    def __init__(self) -> None:
        """Say no more than that."""
        super().__init__(Reason.STORE_UNAVAILABLE)


@dataclass(kw_only=True, eq=False, repr=False)
class LocalPublicFiles:
    """Files below one directory; any number of processes may write at once.

    Raises UnavailableError (STORE_UNAVAILABLE) where the file system refuses.
    """

    directory: Path

    async def read(self, path: str) -> bytes | None:
        """Return a file's content, None if there is none."""
        return await _in_thread(lambda: self._read(path))

    async def write(self, path: str, content: bytes) -> None:
        """Write a file by rename, durably."""
        await _in_thread(lambda: self._write(path, content))

    async def replace(self, path: str, *, former: bytes | None, content: bytes) -> bool:
        """Write a file in the place of one with the former content; False if it has another one by now."""
        return await _in_thread(lambda: self._replace(path, former, content))

    async def remove(self, folder: str) -> None:
        """Remove a folder with its files."""
        place = self._place(folder)
        await _in_thread(lambda: shutil.rmtree(place, ignore_errors=True))

    def _place(self, path: str) -> Path:
        names = path.split("/")
        if not all(_NAME.fullmatch(name) for name in names):
            raise PublicPathError
        place = self.directory
        for name in names:
            place /= name
            if place.is_symlink():
                raise PublicPathError
        return place

    def _read(self, path: str) -> bytes | None:
        try:
            return self._place(path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def _write(self, path: str, content: bytes) -> None:
        place = self._place(path)
        for tries_left in reversed(range(_TRIES)):
            try:
                self._make(place.parent)
                durable_file.replace(place, content, mode=_FILE_MODE)
                return
            except FileNotFoundError:
                if not tries_left:
                    raise

    def _replace(self, path: str, former: bytes | None, content: bytes) -> bool:
        with self._locked():
            if self._read(path) != former:
                return False
            self._write(path, content)
        return True

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._make(self.directory)
        descriptor = os.open(self.directory / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _make(self, folder: Path) -> None:
        """Make a folder and those above it, down from the public directory, durably."""
        if folder.is_dir():
            return
        if folder != self.directory:
            self._make(folder.parent)
        with suppress(FileExistsError):
            folder.mkdir()
            folder.chmod(_FOLDER_MODE)
            durable_file.sync_folder(folder.parent)


async def _in_thread(work: Callable[[], T]) -> T:
    try:
        return await asyncio.to_thread(work)
    except OSError as error:
        raise UnavailableError(Reason.STORE_UNAVAILABLE) from error
