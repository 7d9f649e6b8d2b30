"""Publishes the log as files (C2SP tlog-tiles): tiles of hashes, bundles of entries, then the checkpoint.

* The published checkpoint shows which files exist. A step writes the files that the log has grown by,
  then the newest checkpoint. An interrupted step is repeated; files that exist already are not written again.
* Every file is verified against the checkpoint before it is written.
* A partial file is removed once the full one exists; readers of an older checkpoint use the full one.
* Several workers may publish at once, into one directory or several; none reverts what another published.
* In a new epoch, the files that the log has lost are kept under lost/ with their checkpoint, and the
  statements of all epochs are published before the first checkpoint that names one.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from idvault.log.acts.epoch import LogEpochs
from idvault.log.acts.tree import LogTree
from idvault.log.ports.log import CheckpointStore, LogStore, Publication, Subtree
from idvault.verify.attest.epoch import FILE as EPOCHS_FILE
from idvault.verify.clock import ClockReading
from idvault.verify.error import DamagedError, PreconditionError, Reason
from idvault.verify.transparency import checkpoint, epoch, tile
from idvault.verify.transparency.checkpoint import Checkpoint, CosignaturePolicy
from idvault.verify.transparency.directory import LOST
from idvault.verify.transparency.tile import CHECKPOINT_PATH, HEIGHT, WIDTH, Bundle, Tile
from idvault.verify.transparency.tree import CompactRange, LogError, leaf_hash


class PublicationRefusedError(PreconditionError):
    """The directory contains another log, or more of this one than was signed."""

    def __init__(self) -> None:
        """Set the reason: the log cannot be published."""
        super().__init__(Reason.LOG_UNAVAILABLE)


class PublicationFlow:
    """The public directory of one worker."""

    def __init__(
        self,
        *,
        store: LogStore,
        complete: CheckpointStore,
        epochs: CheckpointStore,
        files: Publication,
        policy: Callable[[], CosignaturePolicy],
    ) -> None:
        """Initialise with the ports.

        epochs: the statements of the log's epochs. policy: returns the policy that verifies its checkpoints.
        """
        self._store = store
        self._tree = LogTree(store=store)
        self._complete = complete
        self._epochs = LogEpochs(store=epochs)
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
        newest = await self._complete.latest()
        if newest is None:
            return
        size = await self._publish(former, newest)
        if size == (await self._store.head()).size:
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
        if stays.size > wanted.size or await self._tree.root(stays.size) != stays.root:
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
        if await self._tree.root(wanted.size) != wanted.root:
            raise DamagedError(Reason.RECORD_DAMAGED)

    async def _write(self, old: int, new: int) -> None:
        # From the top down: each hash is verified against the signed root before the hashes below it.
        for grown in sorted(tile.grown(old, new), key=lambda one: -one.level):
            await self._put(grown, tile.encode_tile(await self._hashes(grown)))
        for place in tile.grown_bundles(old, new):
            await self._put(place, tile.encode_bundle(await self._leaves(place)))

    async def _leaves(self, place: Bundle) -> list[bytes]:
        leaves = await self._store.leaves(start=place.start, limit=place.width)
        if [leaf_hash(leaf) for leaf in leaves] != await self._stored(place.tile):
            raise DamagedError(Reason.RECORD_DAMAGED)
        return leaves

    async def _hashes(self, place: Tile) -> list[bytes]:
        hashes = await self._stored(place)
        if place.width == WIDTH:
            # The signed root covers the one hash above these.
            above = await self._store.nodes([Subtree((place.level + 1) * HEIGHT, place.index)])
            if above != [_root(hashes)]:
                raise DamagedError(Reason.RECORD_DAMAGED)
        return hashes

    async def _stored(self, place: Tile) -> list[bytes]:
        return await self._store.nodes([Subtree(one.level, one.index) for one in place.positions])

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
