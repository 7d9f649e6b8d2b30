"""Copies a public directory; stores no file of the log that the signed checkpoint does not cover.

- The newest checkpoint must continue the last one seen, as for `follow-log`. It is remembered before the
  first file is fetched, so that a server cannot show an older one to a mirror that was interrupted.
- From the top down, each file is verified by the hashes above it before it is written. A file that is there
  already is verified in the same way, and fetched only if it does not verify.
- The copy's own checkpoint is written after all files that it covers. A killed mirror continues there.
- The other files (status lists, reports, pages) are those that the directory's index names. Their paths and
  sizes are limited. Nothing of the log covers them: they are signed, or recomputed from the log.
"""

import fcntl
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from idvault_verify import durable_file
from idvault_verify.attest.people.roster import Roster
from idvault_verify.offline.log.continuity import AcceptedCheckpoint, LogContinuity, RefusedLogError
from idvault_verify.offline.log.files import LogFiles, LogFolder, NotReachedError, TooLongError, read_first
from idvault_verify.offline.log.tiles import BUNDLE_BYTES, TILE_BYTES, SignedTiles, first_of, refused_file
from idvault_verify.transparency import checkpoint, directory, epoch
from idvault_verify.transparency.checkpoint import CosignaturePolicy as Policy
from idvault_verify.transparency.tile import CHECKPOINT_PATH, WIDTH, Bundle, MalformedTileError, Tile, grown
from idvault_verify.transparency.tree import LogError

STATE = ".mirror"
"""The folder, in the copy, of what the mirror remembers; a web server should not serve it."""

LONGEST_OTHER = 16 * 1024 * 1024
MOST_OTHERS = 1024 * 1024 * 1024

_AT_ONCE = 8
_CHUNK = 256
_MODE = 0o644
_NOT_WRITABLE = (NotADirectoryError, IsADirectoryError, FileExistsError)


@dataclass(frozen=True, slots=True)
class Mirrored:
    """What a run did. before: the size of the copy until then. left_out: files of the index not copied."""

    accepted: AcceptedCheckpoint
    before: int
    fetched: int
    left_out: int


@dataclass(kw_only=True, slots=True)
class LogMirror:
    """A copy of one log's public directory. most_others: the most bytes of all other files together."""

    files: LogFiles
    folder: Path
    policy: Policy
    max_age: float | None
    now: Callable[[], float]
    versions: Sequence[Roster] = ()
    most_others: int = MOST_OTHERS
    _fetched: list[str] = field(default_factory=list, init=False)

    def run(self) -> Mirrored:
        """Bring the copy up to date; raises RefusedLogError, NotReachedError, OSError of the disk."""
        state = self.folder / STATE
        state.mkdir(parents=True, exist_ok=True)
        with _alone(state / "lock"):
            continuity = self._continuity(state / "seen").knowing()
            self.policy = continuity.policy
            accepted = continuity.follow()
            raw = (state / "seen").read_bytes()
            before = self._size(state / "done", accepted)
            self._copy_log(before, accepted)
            self._put(CHECKPOINT_PATH, raw)
            durable_file.replace(state / "done", raw)
            return Mirrored(accepted, before, len(self._fetched), self._copy_others())

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
            raw = done.read_bytes()
        except FileNotFoundError:
            return 0
        try:
            found = checkpoint.verify(raw, Policy(self.policy.origin, self.policy.log_keys)).checkpoint
            return epoch.carry(found, accepted.checkpoint, accepted.breaks).checkpoint.size
        except LogError as error:
            text = f"the folder {self.folder} is not a copy of this log: {error}"
            raise RefusedLogError("STATE_INVALID", text) from error

    def _copy_log(self, before: int, accepted: AcceptedCheckpoint) -> None:
        signed = SignedTiles(checkpoint=accepted.checkpoint)
        size = accepted.checkpoint.size
        if size <= before:
            return
        signed.read_edges(self.files)
        # From the top down: each tile has the hashes that verify the tiles below it.
        tiles = sorted(grown(before, size), key=lambda tile: -tile.level)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for chunk in _chunks(tiles):
                for tile, data in zip(
                    chunk, pool.map(lambda one: self._tile(signed, one), chunk), strict=True
                ):
                    if tile.level:
                        signed.remember(tile, data)

    def _tile(self, signed: SignedTiles, tile: Tile) -> bytes:
        """Copy a tile, and with one of the lowest level the bundle of its entries."""
        data = self._copy(tile, Tile(tile.level, tile.index), lambda raw: signed.accept_tile(tile, raw))
        if tile.level == 0:
            bundle = Bundle(tile.index, tile.width)
            self._copy(bundle, Bundle(bundle.index), lambda raw: signed.accept_bundle(bundle, raw, data))
        return data

    def _copy(self, place: Tile | Bundle, full: Tile | Bundle, accept: Callable[[bytes], bytes]) -> bytes:
        limit = TILE_BYTES if isinstance(place, Tile) else BUNDLE_BYTES
        data = self._kept(place.path, full.path, accept, limit)
        if data is None:
            raw = first_of(self.files, place.path, full.path, limit=limit)
            try:
                data = accept(raw)
            except MalformedTileError as error:
                raise refused_file(place.path, error) from error
            self._fetched.append(place.path)
        self._put(place.path, data)
        if place.width == WIDTH:
            shutil.rmtree(self.folder / f"{place.path}.p", ignore_errors=True)
        return data

    def _kept(self, path: str, full: str, accept: Callable[[bytes], bytes], limit: int) -> bytes | None:
        """Return the verified bytes of a file that is in the copy already, or None."""
        try:
            raw = read_first(LogFolder(self.folder), path, full, limit=limit)
            return None if raw is None else accept(raw)
        except (MalformedTileError, TooLongError):
            return None

    def _put(self, path: str, data: bytes) -> None:
        place = self.folder / path
        if place.is_file() and place.read_bytes() == data:
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        durable_file.replace(place, data, mode=_MODE)

    def _copy_others(self) -> int:
        """Copy the other files of the index; return how many were left out."""
        raw = self.files.read(directory.INDEX_PATH, limit=directory.MAX_INDEX_BYTES)
        if raw is None:
            return 0
        listed = directory.parse(raw)
        left_out, room = listed.refused, self.most_others
        for path in listed.others:
            size = self._other(path, min(room, LONGEST_OTHER))
            left_out += size is None
            room -= size or 0
        self._put(directory.INDEX_PATH, raw)
        return left_out

    def _other(self, path: str, limit: int) -> int | None:
        """Copy one file and return its size; None if it is gone, too long, or in the way of another."""
        try:
            data = self.files.read(path, limit=limit)
            if data is None:
                return None
            self._put(path, data)
        except (TooLongError, *_NOT_WRITABLE):
            return None
        self._fetched.append(path)
        return len(data)


def _chunks(tiles: Sequence[Tile]) -> Iterator[Sequence[Tile]]:
    """Yield the tiles in groups of one level each: a group is verified by the hashes of those before it."""
    begin = 0
    for at in range(1, len(tiles) + 1):
        is_full = at - begin == _CHUNK
        if at == len(tiles) or is_full or tiles[at].level != tiles[begin].level:
            yield tiles[begin:at]
            begin = at


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the lock of a copy; raises NotReachedError while another mirror works on it."""
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotReachedError("another mirror-log is working on this folder") from None
        yield
