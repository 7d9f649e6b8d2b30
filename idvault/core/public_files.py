"""The public directory on a file system (log.ports.Publication); writes are atomic and durable.

- A file is written under a draft name, synced, renamed into place, and its folder is synced: after a crash
  there is the old content or the new one, never a part of one.
- All files here are public. Drafts and the lock start with a dot; a web server should not serve them.
- A path consists of plain names; nothing below the directory is read or written through a symbolic link.
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

from idvault_verify import durable_file
from idvault_verify.error import Reason, UnavailableError

T = TypeVar("T")

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*", re.ASCII)
_LOCK = ".lock"
_FILE_MODE = 0o644
_FOLDER_MODE = 0o755
# Another worker may remove a folder between its creation and the write; it is then created again.
_TRIES = 5


class PublicPathError(UnavailableError):
    """The path leaves the public directory or goes through a symbolic link."""

    def __init__(self) -> None:
        """Carry no detail."""
        super().__init__(Reason.STORE_UNAVAILABLE)


@dataclass(kw_only=True, eq=False, repr=False)
class LocalPublicFiles:
    """Files below one directory; several processes may write at once.

    Raises UnavailableError (STORE_UNAVAILABLE) if the file system fails.
    """

    directory: Path

    async def read(self, path: str) -> bytes | None:
        """Return a file's content, or None if there is no such file."""
        return await _in_thread(lambda: self._read(path))

    async def write(self, path: str, content: bytes) -> None:
        """Write a file atomically and durably."""
        await _in_thread(lambda: self._write(path, content))

    async def replace(self, path: str, *, former: bytes | None, content: bytes) -> bool:
        """Write a file by compare-and-set; False if its content is not `former`."""
        return await _in_thread(lambda: self._replace(path, former, content))

    async def listing(self, *, without: str) -> list[str]:
        """Return the paths of all files except hidden ones."""
        return await _in_thread(lambda: sorted(self._walk(without)))

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

    def _walk(self, without: str) -> Iterator[str]:
        for folder, folders, names in os.walk(self.directory):
            here = Path(folder).relative_to(self.directory)
            top = here == Path()
            folders[:] = [name for name in folders if _NAME.fullmatch(name) and not (top and name == without)]
            for name in names:
                if _NAME.fullmatch(name) and not (Path(folder) / name).is_symlink():
                    yield (here / name).as_posix()

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
        descriptor = durable_file.open_lock(self.directory / _LOCK, like=self.directory)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _make(self, folder: Path) -> None:
        """Create a folder and its parents up to the public directory, durably."""
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
