"""Copies a public directory; stores no file of the log that the signed checkpoint does not cover.

- The newest checkpoint must continue the last one seen, as for `follow-log`. It is remembered before the
  first file is fetched, so that a server cannot show an older one to a mirror that was interrupted.
- From the top down, each file is verified by the hashes above it before it is written. A file that is there
  already is verified in the same way, and fetched only if it does not verify.
- Below each tile all is copied before the next one is read. So the memory does not grow with the log, nor
  with the size that somebody who has its key claims.
- The log's files have a most, in bytes: whoever has the log's key can sign one that fills any disk.
- The copy's own checkpoint is written after all files that it covers. A killed mirror continues there, and
  partial files of a size that it did not complete are removed.
- The other files (status lists, reports, pages) are those that the directory's index names. Their paths,
  their number and their sizes are limited, those of former runs included. Nothing of the log covers them:
  they are signed, or recomputed from the log.
"""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from idvault_verify import durable_file, small_file
from idvault_verify.attest.people.roster import Roster
from idvault_verify.offline.log.continuity import AcceptedCheckpoint, LogContinuity, RefusedLogError
from idvault_verify.offline.log.files import LogFiles, LogFolder, NotReachedError, TooLongError, first_parts
from idvault_verify.offline.log.tiles import (
    BUNDLE_BYTES,
    TILE_BYTES,
    accept_bundle,
    accept_tile,
    first_of,
    read_edges,
    refused_file,
)
from idvault_verify.transparency import checkpoint, directory, epoch
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.checkpoint import CosignaturePolicy as Policy
from idvault_verify.transparency.tile import (
    CHECKPOINT_PATH,
    HEIGHT,
    WIDTH,
    Bundle,
    MalformedTileError,
    Tile,
    decode_tile,
    edges,
)
from idvault_verify.transparency.tree import HASH_SIZE, LogError

STATE = ".mirror"
"""The folder, in the copy, of what the mirror remembers; a web server should not serve it."""

LONGEST_OTHER = 16 * 1024 * 1024
MOST_OTHERS = 1024 * 1024 * 1024
MOST_BYTES = 64 * 1024 * 1024 * 1024
"""The most of the log's own files, unless somebody says otherwise: about 300 million entries as they are."""

# Each entry has a length in its bundle, and a hash in a tile.
_LEAST_OF_ENTRY = 2 + HASH_SIZE
_AT_ONCE = 8
_MODE = 0o644
_NOT_WRITABLE = (NotADirectoryError, IsADirectoryError, FileExistsError)


class FullCopyError(NotReachedError):
    """The log has more bytes than the copy may have."""

    def __init__(self, most: int) -> None:
        """Say what is to be done."""
        text = (
            f"the log's files would have more than {most} bytes: say with --most-bytes how many they may have"
        )
        super().__init__(text)


class _BytesLeft:
    """How many bytes may still be written; several threads take from it."""

    def __init__(self, most: int, *, taken: int) -> None:
        self._most = most
        self._left = most - taken
        self._lock = Lock()

    def take(self, size: int) -> None:
        """Raise FullCopyError if there are not as many."""
        with self._lock:
            self._left -= size
            if self._left < 0:
                raise FullCopyError(self._most)

    def taken(self, parts: Iterable[bytes]) -> Iterator[bytes]:
        """Yield parts as long as there is room for them."""
        for part in parts:
            self.take(len(part))
            yield part


@dataclass(frozen=True, slots=True)
class Mirrored:
    """What a run did. before: the size of the copy until then. left_out: files of the index not copied."""

    accepted: AcceptedCheckpoint
    before: int
    fetched: int
    left_out: int


@dataclass(kw_only=True, slots=True)
class LogMirror:
    """A copy of one log's public directory.

    most_bytes: of the log's own files. most_others: of all other files together.
    """

    files: LogFiles
    folder: Path
    policy: Policy
    max_age: float | None
    now: Callable[[], float]
    versions: Sequence[Roster] = ()
    most_others: int = MOST_OTHERS
    most_bytes: int = MOST_BYTES

    def run(self) -> Mirrored:
        """Bring the copy up to date.

        Raises RefusedLogError, NotReachedError (FullCopyError), OSError of the disk.
        """
        state = self.folder / STATE
        state.mkdir(parents=True, exist_ok=True)
        with _alone(state / "lock"):
            continuity = self._continuity(state / "seen").knowing()
            self.policy = continuity.policy
            self._tidy(state)
            try:
                return self._run(state, continuity.follow())
            except BaseException:
                self._tidy(state)
                raise

    def _run(self, state: Path, accepted: AcceptedCheckpoint) -> Mirrored:
        raw = small_file.read(state / "seen")
        before = self._size(state / "done", accepted)
        fetched = self._copy_log(before, accepted.checkpoint)
        self._put(CHECKPOINT_PATH, raw)
        durable_file.replace(state / "done", raw)
        return Mirrored(accepted, before, fetched, self._copy_others(state / "index"))

    def _continuity(self, seen: Path) -> LogContinuity:
        return LogContinuity(
            files=self.files,
            policy=self.policy,
            state=seen,
            max_age=self.max_age,
            now=self.now,
            versions=self.versions,
        )

    def _size(self, done: Path, accepted: AcceptedCheckpoint) -> int:
        """Return the size up to which the copy is complete; what the log has lost since does not count."""
        try:
            raw = small_file.read(done)
        except FileNotFoundError:
            return 0
        try:
            found = checkpoint.verify(raw, Policy(self.policy.origin, self.policy.log_keys)).checkpoint
            return epoch.carry(found, accepted.checkpoint, accepted.breaks).checkpoint.size
        except LogError as error:
            text = f"the folder {self.folder} is not a copy of this log: {error}"
            raise RefusedLogError("STATE_INVALID", text) from error

    def _tidy(self, state: Path) -> None:
        """Remove the partial files of the last checkpoint seen, but for those that the copy has whole."""
        sizes = [self._claimed(state / name) for name in ("seen", "done")]
        kept = {each.path for tile in edges(sizes[1]) for each in _files_of(tile)}
        for tile in edges(sizes[0]):
            for each in _files_of(tile):
                for path in (self.folder / each.path).parent.glob("*"):
                    if path.relative_to(self.folder).as_posix() not in kept:
                        with suppress(OSError):
                            path.unlink()

    def _claimed(self, path: Path) -> int:
        """Return the size of a checkpoint that is kept here, 0 without one."""
        try:
            raw = small_file.read(path)
            return checkpoint.verify(raw, Policy(self.policy.origin, self.policy.log_keys)).checkpoint.size
        except (FileNotFoundError, LogError):
            return 0

    def _copy_log(self, before: int, at: Checkpoint) -> int:
        """Copy what the log has beyond a size; return how many files were fetched."""
        if at.size <= before:
            return 0
        room = self._room(at.size)
        fetched = 0
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for edge, data in sorted(read_edges(self.files, at).items(), key=lambda each: -each[0].level):
                below = edge.level * HEIGHT
                if before >> below < at.size >> below:
                    room.take(len(data))
                    fetched += self._put(edge.path, data)
                    below_it = _Below(before, room, pool)
                    fetched += self._copy_below(edge, decode_tile(data, edge.width), below_it)
        return fetched

    def _room(self, size: int) -> _BytesLeft:
        """Return the room that is left for the log's files; raises FullCopyError if it cannot be enough."""
        if size * _LEAST_OF_ENTRY > self.most_bytes:
            raise FullCopyError(self.most_bytes)
        log = self.folder / directory.LOG_FOLDER
        return _BytesLeft(self.most_bytes, taken=sum(_sizes(log)))

    def _copy_below(self, tile: Tile, hashes: Sequence[bytes], given: "_Below") -> int:
        """Copy all that a verified tile covers beyond a size; return how many files were fetched."""
        if tile.level == 0:
            return self._copy_bundle(Bundle(tile.index, tile.width), hashes, given.room)
        first = tile.index * WIDTH
        children = [
            (Tile(tile.level - 1, first + place), above)
            for place, above in enumerate(hashes)
            if (first + place + 1) << tile.level * HEIGHT > given.before
        ]

        def copy(child: tuple[Tile, bytes]) -> int:
            return self._copy_full(*child, given)

        # The lowest tiles and their bundles are nearly all of a log.
        return sum(given.pool.map(copy, children) if tile.level == 1 else map(copy, children))

    def _copy_full(self, tile: Tile, above: bytes, given: "_Below") -> int:
        """Copy a full tile and what it covers; return how many files were fetched."""
        data = self._kept_tile(tile, above)
        is_fetched = data is None
        if data is None:
            try:
                data = accept_tile(first_of(self.files, tile.path, limit=TILE_BYTES), above)
            except MalformedTileError as error:
                raise refused_file(tile.path, error) from error
            given.room.take(len(data))
            self._put(tile.path, data)
        self._drop_partial(tile)
        return is_fetched + self._copy_below(tile, decode_tile(data, WIDTH), given)

    def _kept_tile(self, tile: Tile, above: bytes) -> bytes | None:
        """Return the verified bytes of a full tile that is in the copy already, or None."""
        try:
            data = LogFolder(self.folder).read(tile.path, limit=TILE_BYTES)
            return None if data is None else accept_tile(data, above)
        except (MalformedTileError, TooLongError):
            return None

    def _copy_bundle(self, bundle: Bundle, hashes: Sequence[bytes], room: _BytesLeft) -> int:
        """Copy the entries of a verified tile; return 1 if they were fetched, else 0."""
        is_kept = self._keeps(bundle, hashes)
        if not is_kept:
            parts = first_parts(self.files, bundle.path, Bundle(bundle.index).path, limit=BUNDLE_BYTES)
            if parts is None:
                raise NotReachedError(f"the public directory has no file {bundle.path}")
            place = self.folder / bundle.path
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                with closing(parts):
                    durable_file.replace_by(place, room.taken(accept_bundle(parts, hashes)), mode=_MODE)
            except MalformedTileError as error:
                raise refused_file(bundle.path, error) from error
        self._drop_partial(bundle)
        return not is_kept

    def _keeps(self, bundle: Bundle, hashes: Sequence[bytes]) -> bool:
        """Return whether the copy has a bundle already, verified."""
        try:
            parts = LogFolder(self.folder).parts(bundle.path, limit=BUNDLE_BYTES)
            if parts is None:
                return False
            with closing(parts):
                return sum(1 for _ in accept_bundle(parts, hashes)) == len(hashes)
        except (MalformedTileError, TooLongError):
            return False

    def _drop_partial(self, place: Tile | Bundle) -> None:
        """Remove the partial files in whose place a full one has come."""
        if place.width == WIDTH:
            shutil.rmtree(self.folder / f"{place.path}.p", ignore_errors=True)

    def _put(self, path: str, data: bytes) -> bool:
        """Write a file; return False if it is there already."""
        place = self.folder / path
        if (
            place.is_file()
            and place.stat().st_size == len(data)
            and small_file.read(place, limit=len(data)) == data
        ):
            return False
        place.parent.mkdir(parents=True, exist_ok=True)
        durable_file.replace(place, data, mode=_MODE)
        return True

    def _copy_others(self, draft: Path) -> int:
        """Copy the other files of the index; return how many were left out."""
        parts = self.files.parts(directory.INDEX_PATH, limit=directory.MAX_INDEX_BYTES)
        if parts is None:
            return 0
        with closing(parts):
            durable_file.replace_by(draft, parts, mode=_MODE)
        with draft.open("rb") as index:
            listed = directory.parse(index)
        left_out, kept = listed.refused, self._others()
        room = self.most_others - sum(kept.values())
        for path in listed.others:
            former = kept.get(path, 0)
            is_one_more = path not in kept and len(kept) >= directory.MAX_OTHER_FILES
            size = None if is_one_more else self._other(path, min(room + former, LONGEST_OTHER))
            if size is None:
                left_out += 1
            else:
                kept[path] = size
                room += former - size
        durable_file.adopt(draft, self.folder / directory.INDEX_PATH)
        return left_out

    def _others(self) -> dict[str, int]:
        """Return the sizes of the other files that the copy has; what a killed run left half is removed."""
        found = {}
        for place, folders, names in os.walk(self.folder):
            within = Path(place).relative_to(self.folder)
            if not within.parts:
                folders[:] = [name for name in folders if name not in {STATE, directory.LOG_FOLDER}]
            for path in (within / name for name in names):
                if directory.is_other(path.as_posix()):
                    found[path.as_posix()] = (self.folder / path).lstat().st_size
                elif path.name.endswith(".draft"):
                    (self.folder / path).unlink()
        return found

    def _other(self, path: str, limit: int) -> int | None:
        """Copy one file and return its size; None if it is gone, too long, or in the way of another."""
        try:
            data = self.files.read(path, limit=limit)
            if data is None:
                return None
            self._put(path, data)
        except (TooLongError, *_NOT_WRITABLE):
            return None
        return len(data)


@dataclass(frozen=True, slots=True)
class _Below:
    """What is copied below a tile: what the log has beyond a size, as long as there is room."""

    before: int
    room: _BytesLeft
    pool: ThreadPoolExecutor


def _files_of(tile: Tile) -> Iterator[Tile | Bundle]:
    """Yield a tile and, if it is of the lowest level, the bundle of its entries."""
    yield tile
    if tile.level == 0:
        yield Bundle(tile.index, tile.width)


def _sizes(folder: Path) -> Iterator[int]:
    """Yield the size of each file below a folder."""
    for place, _, names in os.walk(folder):
        yield from (Path(place, name).lstat().st_size for name in names)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the lock of a copy; raises NotReachedError while another mirror works on it."""
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotReachedError("another mirror-log is working on this folder") from None
        yield
