"""Files that survive a crash: every write is synced, and so is the folder of the file.

- `replace`, `replace_by`: after a crash the path has either the former content or the new one, complete.
- `create`: never overwrites.
- `adopt`: makes a file that somebody else has written durable under its name.
- `move`: gives a durable file another name.
- `append`: adds to a file of known size; bytes that a crash left beyond that size are cut off.

No draft and no lock is opened through a symbolic link: in another user's folder it could lead root anywhere.

When a call returns, its content is on the disk. A call that raises leaves the former content in place, except
that `append` may leave bytes beyond the known size.
"""

import fcntl
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO

_ROOT = 0
_ZEROS = 1 << 20
PRIVATE = 0o600
"""Readable and writable by the owner only."""


def replace(path: Path, content: bytes, *, mode: int = PRIVATE, keep_owner: bool = False) -> os.stat_result:
    """Create or replace a file; return the new file's stat. Raises OSError.

    keep_owner: when root replaces a file, its owner still owns it, and so can read it.
    """
    return replace_by(path, [content], mode=mode, keep_owner=keep_owner)


def replace_by(
    path: Path, parts: Iterable[bytes], *, mode: int = PRIVATE, keep_owner: bool = False
) -> os.stat_result:
    """Do the same with a content that comes in parts; raises what they raise, without a trace of them."""
    draft = path.with_name(f".{path.name}.draft")
    with os.fdopen(_locked(draft), "wb") as file:
        try:
            file.truncate()
            if keep_owner:
                _give_to_owner(file, path)
            written = _write(file, parts, mode=mode)
            draft.replace(path)
        except BaseException:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            raise
    sync_folder(path.parent)
    return written


def create(path: Path, content: bytes, *, mode: int = PRIVATE) -> None:
    """Write a file that must not exist yet; raises FileExistsError and OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            _write(file, [content], mode=mode)
    except BaseException:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def adopt(draft: Path, path: Path) -> None:
    """Sync a finished file, and give it its name in place of a former one. Raises OSError."""
    descriptor = os.open(draft, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    draft.replace(path)
    sync_folder(path.parent)


def move(path: Path, to: Path) -> None:
    """Give a file that is durable another name, in place of a former file of that name. Raises OSError."""
    path.replace(to)
    sync_folder(to.parent)


def append(path: Path, content: bytes, *, size: int) -> int:
    """Write after the first `size` bytes and cut off the rest; return the new size. Raises OSError."""
    is_new = not path.exists()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, PRIVATE)
    with os.fdopen(descriptor, "wb") as file:
        file.truncate(size)
        file.seek(size)
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    if is_new:
        sync_folder(path.parent)
    return size + len(content)


def open_lock(path: Path, *, like: Path) -> int:
    """Open a file that is locked and never written, after creating it if needed; return its descriptor.

    like: a file or folder, whose owner must be able to lock it: if root creates it, it belongs to that owner.
    Raises OSError.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, PRIVATE)
    try:
        if os.geteuid() == _ROOT:
            owner = (like if like.exists() else like.parent).stat()
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def destroy(path: Path) -> None:
    """Overwrite a file with zeros and remove it; a missing file is fine. Raises OSError."""
    try:
        size = path.stat().st_size
        with path.open("r+b") as file:
            file.writelines(bytes(min(_ZEROS, size - at)) for at in range(0, size, _ZEROS))
            file.flush()
            os.fsync(file.fileno())
    except FileNotFoundError:
        return
    path.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make created, renamed and removed names in a folder durable. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _locked(draft: Path) -> int:
    """Open a draft exclusively: the next writer waits until this one has renamed or removed it.

    The name is always the same, so the next write replaces a draft (possibly with keys) that a crash left
    behind.
    """
    while True:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, PRIVATE)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), draft.stat()):
                return descriptor
        os.close(descriptor)


def _give_to_owner(file: IO[bytes], path: Path) -> None:
    if os.geteuid() == _ROOT and path.exists():
        former = path.stat()
        os.fchown(file.fileno(), former.st_uid, former.st_gid)


def _write(file: IO[bytes], parts: Iterable[bytes], *, mode: int) -> os.stat_result:
    os.fchmod(file.fileno(), mode)
    file.writelines(parts)
    file.flush()
    os.fsync(file.fileno())
    return os.fstat(file.fileno())
