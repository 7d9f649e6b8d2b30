"""Publishes the log as files (C2SP tlog-tiles), the index of its directory, and its later keys.

* The published checkpoint shows which files exist. A step writes the files that the log has grown by, then
  the newest checkpoint. An interrupted step is repeated; files that exist already are not written again.
* Every file is verified against the checkpoint before it is written.
* A partial file is removed once the full one exists; readers of an older checkpoint use the full one.
* Several workers may publish at once, into one directory or several; none reverts what another published.
* In a new epoch, the files that the log has lost are kept under lost/ with their checkpoint, and the
  statements of all epochs are published before the first checkpoint that names one.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from idvault.core.db.database import Database
from idvault.log.acts import stored_log
from idvault.log.acts.epoch import LogEpochs
from idvault.log.ports import Publication, PublicDirectory
from idvault.log.rules import Subtree
from idvault.log.store import LOG_KEYS
from idvault_verify.attest.epoch import FILE as EPOCHS_FILE
from idvault_verify.clock import ClockReading
from idvault_verify.error import DamagedError, PreconditionError, Reason, UnavailableError
from idvault_verify.transparency import checkpoint, directory, epoch, log_key, note, tile
from idvault_verify.transparency.checkpoint import Checkpoint, CosignaturePolicy
from idvault_verify.transparency.directory import LOST
from idvault_verify.transparency.log_key import LogKeyChange, LogKeyError
from idvault_verify.transparency.note import NoteSigner, VerifierKey
from idvault_verify.transparency.tile import CHECKPOINT_PATH, HEIGHT, WIDTH, Bundle, Tile
from idvault_verify.transparency.tree import CompactRange, LogError, leaf_hash


class PublicationRefusedError(PreconditionError):
    """The directory contains another log, or more of this one than was signed."""

    def __init__(self) -> None:
        """Set the reason: the log cannot be published."""
        super().__init__(Reason.LOG_UNAVAILABLE)


class Publisher:
    """The public directory of one worker."""

    def __init__(
        self, *, main: Database, shred: Database, files: Publication, policy: Callable[[], CosignaturePolicy]
    ) -> None:
        """Set up. policy: returns the policy that verifies the log's checkpoints."""
        self._main, self._shred = main, shred
        self._epochs = LogEpochs(shred=shred)
        self._files = files
        self._policy = policy
        self._current: datetime | None = None

    def age(self, *, now: ClockReading) -> timedelta:
        """Return how long ago this worker last saw the published checkpoint cover the whole log."""
        if self._current is None:
            self._current = now.real
        return max(now.real - self._current, timedelta(0))

    async def run(self, *, now: ClockReading) -> None:
        """Publish what is complete but not published yet.

        Raises PublicationRefusedError, DamagedError (the stored log does not verify) and UnavailableError.
        """
        self.age(now=now)
        # In this order: then the directory is never ahead of the store, even if another worker publishes
        # meanwhile.
        former = await self._files.read(CHECKPOINT_PATH)
        newest = await stored_log.latest_note(self._shred)
        if newest is None:
            return
        size = await self._publish(former, newest)
        if size == (await stored_log.head(self._main)).size:
            self._current = now.real

    async def _publish(self, former: bytes | None, newest: bytes) -> int:
        policy = self._policy()
        # A published checkpoint stays valid even if the policy required fewer cosignatures at the time.
        there = None if former is None else _read(former, replace(policy, quorum=0))
        wanted = _read(newest, policy)
        if former != newest:
            await self._epochs.refresh()
            await self._check(wanted)
            old = 0 if former is None or there is None else await self._continued(former, there, wanted)
            await self._publish_epochs()
            await self._write(old, wanted.size)
            await self._files.replace(CHECKPOINT_PATH, former=former, content=newest)
        return wanted.size

    async def _continued(self, former: bytes, there: Checkpoint, wanted: Checkpoint) -> int:
        """Return the published size that the new checkpoint continues, after verifying that it does.

        What the directory has beyond, and the log has lost, is kept aside.
        """
        try:
            stays = epoch.carry(there, wanted, self._epochs.breaks).checkpoint
        except LogError as error:
            raise PublicationRefusedError from error
        if stays.size > wanted.size or await stored_log.root(self._main, stays.size) != stays.root:
            raise PublicationRefusedError
        if stays.size < there.size:
            await self._keep_lost(former, there, stays.size)
        return stays.size

    async def _keep_lost(self, former: bytes, there: Checkpoint, stays: int) -> None:
        folder = f"{LOST}/{epoch.of(there).number}"
        places: list[Tile | Bundle] = [*tile.grown(stays, there.size)]
        places += tile.grown_bundles(stays, there.size)
        for place in places:
            content = await self._files.read(place.path)
            # An interrupted step may have replaced it already, after keeping it.
            if content is not None and await self._files.read(f"{folder}/{place.path}") is None:
                await self._files.write(f"{folder}/{place.path}", content)
        await self._files.write(f"{folder}/{CHECKPOINT_PATH}", former)

    async def _publish_epochs(self) -> None:
        content = self._epochs.raw
        former = await self._files.read(EPOCHS_FILE)
        if content is not None and content != former:
            await self._files.replace(EPOCHS_FILE, former=former, content=content)

    async def _check(self, wanted: Checkpoint) -> None:
        if await stored_log.root(self._main, wanted.size) != wanted.root:
            raise DamagedError(Reason.RECORD_DAMAGED)

    async def _write(self, old: int, new: int) -> None:
        # From the top down: each hash is verified against the signed root before the hashes below it.
        for grown in sorted(tile.grown(old, new), key=lambda one: -one.level):
            await self._put(grown, tile.encode_tile(await self._hashes(grown)))
        for place in tile.grown_bundles(old, new):
            await self._put(place, tile.encode_bundle(await self._leaves(place)))

    async def _leaves(self, place: Bundle) -> list[bytes]:
        leaves = await stored_log.read_leaves(self._main, start=place.start, limit=place.width)
        if [leaf_hash(leaf) for leaf in leaves] != await self._stored(place.tile):
            raise DamagedError(Reason.RECORD_DAMAGED)
        return leaves

    async def _hashes(self, place: Tile) -> list[bytes]:
        hashes = await self._stored(place)
        if place.width == WIDTH:
            # The signed root covers the one hash above these.
            above = await stored_log.nodes(self._main, [Subtree((place.level + 1) * HEIGHT, place.index)])
            if above != [_root(hashes)]:
                raise DamagedError(Reason.RECORD_DAMAGED)
        return hashes

    async def _stored(self, place: Tile) -> list[bytes]:
        return await stored_log.nodes(self._main, [Subtree(one.level, one.index) for one in place.positions])

    async def _put(self, place: Tile | Bundle, content: bytes) -> None:
        if await self._files.read(place.path) != content:
            await self._files.write(place.path, content)
        if place.width == WIDTH:
            await self._files.remove(f"{place.path}.p")


def _read(raw: bytes, policy: CosignaturePolicy) -> Checkpoint:
    try:
        return checkpoint.verify(raw, policy).checkpoint
    except LogError as error:
        raise PublicationRefusedError from error


def _root(hashes: list[bytes]) -> bytes:
    tree = CompactRange()
    for value in hashes:
        tree.append(value)
    return tree.root()


async def publish_index(files: PublicDirectory) -> None:
    """Publish the index of a public directory if it has changed; raises UnavailableError.

    - The index names the log's files at the size of the checkpoint that is published, and all other files.
    - It may be older than the directory: an ordinary mirror that reads it while the log grows lacks the
      newest entries until its next run.
    """
    former = await files.read(directory.INDEX_PATH)
    there = await files.read(CHECKPOINT_PATH)
    listed = await files.listing(without=directory.LOG_FOLDER)
    size = None if there is None else _size(there)
    # In a thread: the index of ten million entries has 78,000 lines.
    content = await asyncio.to_thread(_content, listed, size)
    if content != former:
        await files.replace(directory.INDEX_PATH, former=former, content=content)


def _content(listed: Sequence[str], size: int | None) -> bytes:
    others = [path for path in listed if directory.is_other(path)]
    return directory.encode([*others, *([] if size is None else directory.log_paths(size))])


def _size(raw: bytes) -> int:
    # The worker itself has verified and published this checkpoint.
    return checkpoint.parse(note.parse(raw).text).size


ANNOUNCED_FOR = timedelta(days=7)
BOTH_FOR = timedelta(days=365)
_ALWAYS, _NEVER = (each.replace(tzinfo=UTC) for each in (datetime.min, datetime.max))


@dataclass(eq=False, repr=False)
class LogKeys:
    """The log's keys of one worker. find: reads every key in the key file, the oldest first.

    * A key is announced as soon as the worker finds it in its key file, signed by the former key and itself.
    * A week later it begins to sign beside the former one, so that whoever knows either finds a signature.
    * The former key signs for a year more, and then no longer; the worker destroys it.
    """

    shred: Database
    files: Publication
    find: Callable[[], Sequence[NoteSigner]]

    def __post_init__(self) -> None:
        """Begin with the keys of the file, whose announcements are not read yet."""
        self._held = tuple(self.find())
        self._changes: tuple[LogKeyChange, ...] = ()

    async def run(self, *, now: ClockReading) -> None:
        """Announce what is new in the key file, and publish every announcement.

        Raises DamagedError if the stored announcements do not verify, and UnavailableError.
        """
        self._held = tuple(self.find())
        raw = await stored_log.latest_note(self.shred, LOG_KEYS)
        changes = _longer(_read_key(raw), await self.files.read(log_key.FILE))
        changes = (*changes, *self._new(changes, now.real))
        is_new = bool(changes) and log_key.encode(changes) != raw
        if is_new:
            await self._keep(raw, log_key.encode(changes))
        self._changes = changes
        await self._publish()

    def signers(self, now: datetime) -> list[NoteSigner]:
        """Return the keys that sign at a real time, the oldest first."""
        found = [each for each in self._held if self._begins(each.key) <= now < self._ends(each.key)]
        # A file whose keys are all to come, or are over, still has its newest one.
        return found or [self._held[-1]]

    @property
    def keys(self) -> tuple[VerifierKey, ...]:
        """Every key of the log, those that are no longer in the file among them."""
        held = tuple(each.key for each in self._held)
        return tuple(dict.fromkeys((*held, *log_key.every(held[0], self._changes))))

    def over(self, now: datetime) -> list[VerifierKey]:
        """Return the keys of the file that never sign again."""
        return [each.key for each in self._held if self._ends(each.key) <= now]

    def _new(self, changes: Sequence[LogKeyChange], now: datetime) -> list[LogKeyChange]:
        last = changes[-1].later if changes else self._held[0].key
        known = [each.key for each in self._held]
        if last not in known:
            return []  # the file of another machine is newer
        following = self._held[known.index(last) :]
        begins = int((now + ANNOUNCED_FOR).timestamp())
        return [
            log_key.parse(log_key.announce(former, later, signs_from=begins))
            for former, later in pairwise(following)
        ]

    async def _keep(self, former: bytes | None, content: bytes) -> None:
        if not await stored_log.replace_note(self.shred, LOG_KEYS, former=former, note=content):
            raise UnavailableError(Reason.STORE_UNAVAILABLE)  # another worker was faster

    def _begins(self, key: VerifierKey) -> datetime:
        change = next((each for each in self._changes if each.later == key), None)
        if change is not None:
            return _time(change)
        return _ALWAYS if key == self._held[0].key else _NEVER

    def _ends(self, key: VerifierKey) -> datetime:
        change = next((each for each in self._changes if each.former == key), None)
        return _NEVER if change is None else _time(change) + BOTH_FOR

    async def _publish(self) -> None:
        if not self._changes:
            return
        content, former = log_key.encode(self._changes), await self.files.read(log_key.FILE)
        if content != former:
            await self.files.replace(log_key.FILE, former=former, content=content)


def _time(change: LogKeyChange) -> datetime:
    return datetime.fromtimestamp(change.signs_from, tz=UTC)


def _longer(stored: tuple[LogKeyChange, ...], raw: bytes | None) -> tuple[LogKeyChange, ...]:
    """Return what was published if it continues what is stored: readers follow it, and have its times.

    A restored database may be older. What is published wrong is replaced, if it can be.
    """
    try:
        published = _read_key(raw)
    except DamagedError:
        if stored:
            return stored
        raise
    begins = [each.raw for each in published[: len(stored)]]
    return published if begins == [each.raw for each in stored] else stored


def _read_key(raw: bytes | None) -> tuple[LogKeyChange, ...]:
    try:
        return () if raw is None else log_key.decode(raw)
    except LogKeyError as error:
        raise DamagedError(Reason.RECORD_DAMAGED) from error
