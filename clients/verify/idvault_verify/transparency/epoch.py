"""Epochs of a log: which one a checkpoint belongs to, and what continues across a break between two.

A log that was restored from a backup cannot continue what it has lost. It goes on in a new epoch, from the
entries that are left, with a statement that its custodians have signed (attest.epoch). Each checkpoint of an
epoch after the first has an extension line `epoch NUMBER DIGEST`, with the SHA-256 of that statement, in hex.

A checkpoint is carried into a later epoch, in this order, across each break in between:
* it has not more entries than the statement says that anybody had seen: the statement hides nothing of it,
* of the size of the last cosigned checkpoint that the statement names, it has its root; of the size of the
  entries that are left, it has theirs,
* what it has beyond the entries that are left is lost; the others, as the statement names them, stay.
The newer checkpoint must begin with what stays. The same epoch with two statements is a fork, and an earlier
epoch after a later one is refused like a smaller log.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from idvault_verify.transparency import checkpoint as checkpoints
from idvault_verify.transparency.checkpoint import (
    Checkpoint,
    CheckpointError,
    CosignaturePolicy,
    MalformedCheckpointError,
    OriginError,
)
from idvault_verify.transparency.note import parse_key

FIRST = 1
_WORD = "epoch "
_LINE = re.compile(r"epoch (?P<number>[2-9]|[1-9][0-9]{1,8}) (?P<digest>[0-9a-f]{64})", re.ASCII)


class EpochError(CheckpointError):
    """The checkpoints belong to different epochs, and no statement leads from one to the other."""

    reason = "EPOCH_INVALID"


class UnknownEpochError(EpochError):
    """A statement of an epoch is missing."""

    def __init__(self, number: int) -> None:
        """Keep the number of the epoch."""
        super().__init__(f"the log is in epoch {number}, and there is no statement of its custodians for it")
        self.number = number


class EarlierEpochError(EpochError):
    """The log shows an epoch before the known one."""


class HiddenEntriesError(EpochError):
    """A statement denies entries that were signed."""


class TwoStatementsError(EpochError):
    """One epoch has two statements: the log has forked."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """A number, and the digest of the statement that began it; "" for the first epoch."""

    number: int = FIRST
    digest: str = ""

    @property
    def extensions(self) -> tuple[str, ...]:
        """The extension lines of a checkpoint of this epoch."""
        return () if self.number == FIRST else (f"{_WORD}{self.number} {self.digest}",)


@dataclass(frozen=True, slots=True)
class Break:
    """What a statement says in terms of the log.

    former: the last cosigned checkpoint of the epoch before. seen: the most entries of it that anybody had
    seen. kept: the entries that are left, as a checkpoint of the new epoch. epoch: the new one.
    """

    epoch: Epoch
    former: Checkpoint
    seen: int
    kept: Checkpoint


class LossStatement(Protocol):
    """What a statement says (verify.attest.epoch.EpochStatement)."""

    @property
    def log(self) -> str:
        """The log's vkey."""
        ...

    @property
    def epoch(self) -> int:
        """The number of the new epoch."""
        ...

    @property
    def previous(self) -> str:
        """The digest of the statement before."""
        ...

    @property
    def former(self) -> bytes:
        """The last cosigned checkpoint, a signed note."""
        ...

    @property
    def seen(self) -> int:
        """The most entries that anybody had seen."""
        ...

    @property
    def size(self) -> int:
        """How many entries are left."""
        ...

    @property
    def root(self) -> bytes:
        """Their root."""
        ...

    def digest(self) -> str:
        """Return the statement's digest."""
        ...


@dataclass(frozen=True, slots=True)
class LostPart:
    """The entries from first to last - 1 that a checkpoint had, and that were lost when the epoch began."""

    epoch: Epoch
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Carried:
    """What a later checkpoint must begin with, and what was lost on the way."""

    checkpoint: Checkpoint
    lost: tuple[LostPart, ...] = ()


def of(checkpoint: Checkpoint) -> Epoch:
    """Return the epoch of a checkpoint; raises MalformedCheckpointError for a line that is no epoch."""
    lines = [line for line in checkpoint.extensions if line.startswith(_WORD)]
    if not lines:
        return Epoch()
    found = _LINE.fullmatch(lines[0])
    if len(lines) > 1 or found is None or checkpoint.extensions[0] != lines[0]:
        raise MalformedCheckpointError("the fourth line names no epoch, or a later line does")
    return Epoch(int(found["number"]), found["digest"])


def read(statement: LossStatement) -> Break:
    """Return what a statement says of the log; its custodians' signatures are not verified here.

    Raises LogError unless its last cosigned checkpoint is signed by the log and of the epoch before.
    """
    key = parse_key(statement.log)
    former = checkpoints.verify(statement.former, CosignaturePolicy(key.name, (key,))).checkpoint
    if of(former) != Epoch(statement.epoch - 1, statement.previous):
        raise UnknownEpochError(of(former).number)
    if former.size > statement.seen:
        raise HiddenEntriesError("the statement says that less was seen than it names itself")
    found = Epoch(statement.epoch, statement.digest())
    return Break(
        found, former, statement.seen, Checkpoint(key.name, statement.size, statement.root, found.extensions)
    )


def carry(known: Checkpoint, newer: Checkpoint, breaks: Sequence[Break]) -> Carried:
    """Return what a newer checkpoint must begin with if it continues a known one.

    breaks: verified, in order; those of other epochs are passed over. Raises OriginError, EpochError and
    MalformedCheckpointError. Consistency is left to the caller (checkpoint.verify_successor).
    """
    if known.origin != newer.origin:
        raise OriginError("the checkpoints belong to different logs")
    before, after = of(known), of(newer)
    if after.number < before.number:
        raise EarlierEpochError(f"the log shows epoch {after.number}, and epoch {before.number} has begun")
    stays, lost = known, list[LostPart]()
    reached = before
    for each in _between(breaks, before, after):
        _check_honest(stays, each)
        if stays.size > each.kept.size:
            lost.append(LostPart(each.epoch, each.kept.size, stays.size))
            stays = each.kept
        reached = each.epoch
    if reached != after:
        raise TwoStatementsError(f"there are two statements for epoch {after.number}: the log has forked")
    return Carried(stays, tuple(lost))


def _between(breaks: Sequence[Break], before: Epoch, after: Epoch) -> Sequence[Break]:
    """Return the breaks that lead from one epoch to another, one for each number."""
    named = {each.epoch.number: each for each in breaks}
    if before.number in named and named[before.number].epoch != before:
        raise TwoStatementsError(f"there are two statements for epoch {before.number}: the log has forked")
    found: list[Break] = []
    # Whoever holds the log's key chooses the number: the first that is missing ends this.
    for number in range(before.number + 1, after.number + 1):
        if number not in named:
            raise UnknownEpochError(number)
        found.append(named[number])
    return found


def _check_honest(known: Checkpoint, statement: Break) -> None:
    if known.size > statement.seen:
        raise HiddenEntriesError(
            f"the statement of epoch {statement.epoch.number} says that nobody had seen more than "
            f"{statement.seen} entries, and a checkpoint of {known.size} was signed: it hides what it lost"
        )
    former = statement.former
    if known.size == former.size and known.root != former.root:
        raise HiddenEntriesError(
            f"the statement of epoch {statement.epoch.number} names another checkpoint of {known.size} "
            "entries than the one that was signed: the log had forked before"
        )
    if known.size == statement.kept.size and known.root != statement.kept.root:
        raise HiddenEntriesError(
            f"the statement of epoch {statement.epoch.number} calls {known.size} other entries left than "
            "those that were signed"
        )
