"""Follows a log by its published files: each checkpoint must continue the last one seen.

A checkpoint is accepted if, in this order, it
* is signed by the log's key, or a later one that this announced, and names that log,
* is cosigned by the required number of witnesses, each recently enough if a maximum age is set,
* is of the last one's epoch and not smaller, or of a later epoch that custodians have signed for,
* continues what is left of the last one, by a consistency proof computed from the published tiles,
* begins with what the statements of losses name, also if there is no last one (transparency.stated),
* after a loss: does not let the last one contradict what is still published of the lost entries (lost).

Only then does it replace the last one, in a file with the signed note as published, which
`idvault log verify --checkpoint` reads too. Two contradicting notes prove that the log has forked, so the
refused one is kept beside the accepted one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

from idvault_verify import durable_file, small_file
from idvault_verify.attest.epoch import FILE as EPOCHS_FILE
from idvault_verify.attest.people.roster import Roster
from idvault_verify.offline.log import epochs, keys
from idvault_verify.offline.log.epochs import EpochRefusedError
from idvault_verify.offline.log.files import LogFiles, NotReachedError, read_first
from idvault_verify.offline.log.lost import FormerForkError, LostHistory
from idvault_verify.offline.proof import UnverifiedError
from idvault_verify.transparency import checkpoint, epoch, stated
from idvault_verify.transparency.checkpoint import (
    Checkpoint,
    QuorumError,
    RolledBackError,
    SignedCheckpoint,
    StaleError,
    verify_successor,
)
from idvault_verify.transparency.checkpoint import CosignaturePolicy as Policy
from idvault_verify.transparency.epoch import Break, EarlierEpochError, LostPart, UnknownEpochError
from idvault_verify.transparency.note import MAX_NOTE_BYTES, NoteError
from idvault_verify.transparency.proof import ConsistencyError, prove_consistency
from idvault_verify.transparency.tile import CHECKPOINT_PATH, WIDTH, Tile, TileNodes
from idvault_verify.transparency.tree import HASH_SIZE, LogError

_TILE_BYTES = WIDTH * HASH_SIZE


class RefusedLogError(UnverifiedError):
    """The published log does not continue the log followed so far, or its signatures do not verify."""


@dataclass(frozen=True, slots=True)
class AcceptedCheckpoint:
    """An accepted checkpoint. before: the size of the one it continues, 0 if there was none.

    lost: what the one before had, and this one has not. breaks: every break of the log up to here. kept: the
    file with the one before, if it has lost entries. proved: whether that one is proved to be of this log.
    """

    checkpoint: Checkpoint
    before: int
    cosigned: tuple[str, ...]
    lost: tuple[LostPart, ...] = ()
    breaks: tuple[Break, ...] = ()
    kept: Path | None = None
    proved: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class LogContinuity:
    """Keeps the newest accepted checkpoint of one log in a file; the next must continue it.

    policy: who must have signed it. max_age: how many seconds ago the required witnesses may have cosigned,
    None for any time. now: returns the seconds since 1970. versions: the verified roster, whose custodians
    sign for a new epoch; without it none is accepted.
    """

    files: LogFiles
    policy: Policy
    state: Path
    max_age: float | None
    now: Callable[[], float]
    versions: Sequence[Roster] = ()

    def follow(self) -> AcceptedCheckpoint:
        """Accept the newest checkpoint; raises RefusedLogError, NotReachedError, OSError of the file.

        In this order: the log's signature, continuity, cosignatures. A second history is then reported as one
        and kept, although no witness has cosigned it.
        """
        return self.knowing()._follow()

    def knowing(self) -> "LogContinuity":
        """Return one that knows every key of the log that its own key leads to.

        Raises RefusedLogError, NotReachedError.
        """
        try:
            return replace(self, policy=keys.followed(self.files, self.policy))
        except LogError as error:
            raise RefusedLogError("LOG_KEYS_INVALID", str(error)) from error

    def _follow(self) -> AcceptedCheckpoint:
        before = self._kept()
        raw = self.files.read(CHECKPOINT_PATH, limit=MAX_NOTE_BYTES)
        if raw is None:
            raise NotReachedError("the public directory has no checkpoint")
        newest = self._verified(raw, self._by_log).checkpoint
        breaks = self.breaks(newest)
        lost: tuple[LostPart, ...] = ()
        try:
            lost = self._continues(before or epochs.beginning(newest.origin), newest, breaks)
            self._check_stated(newest, breaks)
        except RefusedLogError:
            if before is not None or breaks:
                durable_file.replace(self._beside("refused"), raw)
            raise
        signed = self._verified(raw, self.policy)
        if self.max_age is not None:
            self._check_age(signed, self.max_age)
        proved = before is None or not lost or self._is_proved(before, breaks)
        kept = None if before is None or not lost else self._keep(before)
        durable_file.replace(self.state, raw)
        names = tuple(sorted(str(key) for key, _ in signed.cosigned))
        size = before.size if before else 0
        return AcceptedCheckpoint(signed.checkpoint, size, names, lost, breaks, kept, proved)

    def _is_proved(self, before: Checkpoint, breaks: Sequence[Break]) -> bool:
        """Return whether the last checkpoint is proved to have been the log's; raises RefusedLogError."""
        try:
            return LostHistory(files=self.files, breaks=breaks, log=self._by_log).proves(before)
        except FormerForkError as error:
            durable_file.replace(self._beside("refused"), error.note)
            raise RefusedLogError("FORKED", str(error)) from error

    def _keep(self, before: Checkpoint) -> Path:
        """Keep the last checkpoint beside its successor: it alone shows what the log had signed."""
        path = self._beside(f"epoch-{epoch.of(before).number}")
        durable_file.replace(path, small_file.read(self.state))
        return path

    def _beside(self, ending: str) -> Path:
        return self.state.with_name(f"{self.state.name}.{ending}")

    def breaks(self, newest: Checkpoint) -> tuple[Break, ...]:
        """Return the verified breaks of the log; raises RefusedLogError, NotReachedError."""
        number = epoch.of(newest).number
        if number == epoch.FIRST:
            return ()
        if not self.versions:
            text = f"the log is in epoch {number}: give --roster, whose custodians must have signed for it"
            raise RefusedLogError("EPOCH_INVALID", text)
        raw = self.files.read(EPOCHS_FILE, limit=epochs.MOST_BYTES)
        if raw is None:
            raise RefusedLogError("EPOCH_INVALID", str(UnknownEpochError(number)))
        try:
            return epochs.verified(
                epochs.parse(raw),
                versions=self.versions,
                log_key=self.policy.log_keys[0],
                more_keys=keys.every(self.files, self.policy),
            )
        except EpochRefusedError as error:
            raise RefusedLogError(error.reason, str(error)) from error
        except LogError as error:
            raise RefusedLogError("LOG_KEYS_INVALID", str(error)) from error

    @property
    def _by_log(self) -> Policy:
        """The policy that demands the log's signature alone."""
        return Policy(self.policy.origin, self.policy.log_keys)

    def _kept(self) -> Checkpoint | None:
        """Return the last checkpoint; the witnesses' cosignatures are not checked again."""
        try:
            raw = small_file.read(self.state)
        except FileNotFoundError:
            return None
        try:
            return checkpoint.verify(raw, self._by_log).checkpoint
        except LogError as error:
            text = f"the checkpoint in {self.state} is not a checkpoint of this log: {error}"
            raise RefusedLogError("STATE_INVALID", text) from error

    def _verified(self, raw: bytes, policy: Policy) -> SignedCheckpoint:
        try:
            found = checkpoint.verify(raw, policy)
            epoch.of(found.checkpoint)
            return found
        except QuorumError as error:
            raise RefusedLogError("NOT_COSIGNED", str(error)) from error
        except NoteError as error:
            raise RefusedLogError("SIGNATURE_INVALID", str(error)) from error
        except LogError as error:
            raise RefusedLogError("CHECKPOINT_INVALID", str(error)) from error

    def _check_age(self, signed: SignedCheckpoint, most: float) -> None:
        try:
            checkpoint.check_fresh(signed, self.policy, now=self.now(), max_age=most)
        except StaleError as error:
            raise RefusedLogError("STALE", str(error)) from error

    def _continues(
        self, before: Checkpoint, newest: Checkpoint, breaks: Sequence[Break]
    ) -> tuple[LostPart, ...]:
        """Return what was lost; raises RefusedLogError."""
        try:
            carried = epoch.carry(before, newest, breaks)
            stays = carried.checkpoint
            verify_successor(stays, newest, self._proof(stays.size, newest.size))
        except (RolledBackError, EarlierEpochError) as error:
            raise RefusedLogError("ROLLED_BACK", str(error)) from error
        except ConsistencyError as error:
            _forked(before, newest, error)
        except epoch.EpochError as error:
            raise RefusedLogError("FORKED", str(error)) from error
        except LogError as error:
            raise RefusedLogError("TILES_INVALID", f"there is no proof of consistency: {error}") from error
        return carried.lost

    def _check_stated(self, newest: Checkpoint, breaks: Sequence[Break]) -> None:
        """Raise RefusedLogError unless the log has what its custodians called left."""
        for each in stated.demanded(newest, breaks):
            told = f"the {each.size} entries that the statements of its losses name"
            if newest.size < each.size:
                text = f"the log has {newest.size} entries, fewer than {told}"
                raise RefusedLogError("ROLLED_BACK", text)
            try:
                verify_successor(each, newest, self._proof(each.size, newest.size))
            except ConsistencyError as error:
                text = f"the log has forked, or its tiles are damaged: it does not begin with {told}"
                raise RefusedLogError("FORKED", text) from error
            except LogError as error:
                text = f"there is no proof of consistency: {error}"
                raise RefusedLogError("TILES_INVALID", text) from error

    def _proof(self, old: int, new: int) -> tuple[bytes, ...]:
        if old >= new or not old:
            return ()
        return prove_consistency(TileNodes(new, self._tile), old=old, new=new)

    def _tile(self, tile: Tile) -> bytes:
        full = Tile(tile.level, tile.index)
        data = read_first(self.files, tile.path, full.path, limit=_TILE_BYTES)
        if data is not None:
            return data
        text = f"there is no proof of consistency: the file {tile.path} is missing"
        raise RefusedLogError("TILES_INVALID", text)


def _forked(before: Checkpoint, newest: Checkpoint, error: ConsistencyError) -> NoReturn:
    if before.size == newest.size:
        text = f"the log has forked: two checkpoints of size {newest.size} have different roots"
    else:
        text = (
            f"the log has forked, or its tiles are damaged: size {newest.size} does not continue "
            f"size {before.size}"
        )
    raise RefusedLogError("FORKED", text) from error
