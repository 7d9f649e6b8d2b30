"""Reads the transparency log: its newest checkpoint, its entries, and proofs (RFC 6962 2.1).

- Nothing beyond the newest checkpoint is returned or proved, because only signed content binds the log.
- A size or an index beyond the newest checkpoint is refused; the error names the field.

Reads a checkpoint that this service has stored; its signatures are not verified.

Computes the hash of any perfect subtree from the stored ones, which are those of every eighth level.

Roots and consistency proofs from the hashes in the log's store (RFC 6962 2.1).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from idvault.log.ports import CheckpointStore, LogStore, Subtree
from idvault.verify.error import DamagedError, FieldCode, InvalidError, Reason, UnavailableError, Violation
from idvault.verify.transparency import checkpoint, note, proof
from idvault.verify.transparency.checkpoint import Checkpoint
from idvault.verify.transparency.proof import ProofPlan
from idvault.verify.transparency.tile import HEIGHT
from idvault.verify.transparency.tree import LogError, Position, decompose, fold, node_hash


def parse(raw: bytes) -> Checkpoint:
    """Return the checkpoint of a signed note; raises DamagedError (RECORD_DAMAGED)."""
    try:
        return checkpoint.parse(note.parse(raw).text)
    except LogError as error:
        raise DamagedError(Reason.RECORD_DAMAGED) from error


def size(newest: bytes | None) -> int:
    """Return the size of the newest checkpoint, 0 before the first one; raises DamagedError."""
    return 0 if newest is None else parse(newest).size


async def read(log: LogStore, positions: Sequence[Position]) -> list[bytes]:
    """Return the hashes in the order of positions; raises DamagedError if a stored one is missing."""
    wanted = [node for position in positions for node in _stored(position)]
    rest = iter(await log.nodes(wanted) if wanted else [])
    return [_fold([next(rest) for _ in _stored(position)]) for position in positions]


def _stored(position: Position) -> list[Subtree]:
    """Return the stored subtrees to fold: the position itself, or those of the next stored level below."""
    height = position.level % HEIGHT
    first = position.index << height
    return [Subtree(position.level - height, first + place) for place in range(1 << height)]


def _fold(row: Sequence[bytes]) -> bytes:
    while len(row) > 1:
        row = [node_hash(left, right) for left, right in zip(row[::2], row[1::2], strict=True)]
    return row[0]


@dataclass(frozen=True, slots=True)
class Entries:
    """A range of entries, as written.

    start: the first entry's index; next: the index to continue from, None at the end.
    """

    start: int
    leaves: tuple[bytes, ...]
    next: int | None


@dataclass(kw_only=True, eq=False, repr=False)
class TransparencyFlow:
    """The public reads of the log."""

    log: LogStore
    checkpoints: CheckpointStore

    async def checkpoint(self) -> bytes:
        """Return the newest signed note; raises UnavailableError (LOG_UNAVAILABLE) before the first one."""
        newest = await self.checkpoints.latest()
        if newest is None:
            raise UnavailableError(Reason.LOG_UNAVAILABLE)
        return newest

    async def entries(self, *, start: int, limit: int, field: str = "start_index") -> Entries:
        """Return up to limit entries from an index, none if it is the end of the log.

        Raises InvalidError (INVALID_MESSAGE) naming the field if the index is beyond the log, and
        DamagedError if signed entries are missing.
        """
        size = await self._size()
        _check(0 <= start <= size, field)
        count = min(limit, size - start)
        leaves = await self.log.leaves(start=start, limit=count) if count else []
        if len(leaves) != count:
            raise DamagedError(Reason.RECORD_DAMAGED)
        end = start + count
        return Entries(start, tuple(leaves), end if end < size else None)

    async def inclusion(self, *, index: int, tree_size: int) -> tuple[bytes, ...]:
        """Return the audit path of an entry for a tree size; raises InvalidError (INVALID_MESSAGE)."""
        _check(0 < tree_size <= await self._size(), "tree_size")
        _check(0 <= index < tree_size, "index")
        return await self._assemble(proof.plan_inclusion(index=index, size=tree_size))

    async def consistency(self, *, old_size: int, new_size: int) -> tuple[bytes, ...]:
        """Return the proof that one size continues another; raises InvalidError (INVALID_MESSAGE)."""
        _check(0 < new_size <= await self._size(), "new_size")
        _check(0 < old_size <= new_size, "old_size")
        return await self._assemble(proof.plan_consistency(old=old_size, new=new_size))

    async def _size(self) -> int:
        """Return the newest checkpoint's size, unverified: readers can verify what depends on it."""
        return size(await self.checkpoints.latest())

    async def _assemble(self, plan: ProofPlan) -> tuple[bytes, ...]:
        return plan.assemble(await read(self.log, plan.positions))


def _check(holds: bool, field: str) -> None:
    # LENGTH: a number that is out of range is too long or too short for the log.
    if not holds:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation(field, FieldCode.LENGTH))


@dataclass(kw_only=True, eq=False, repr=False)
class LogTree:
    """The stored tree of one log; raises DamagedError if a hash is missing."""

    store: LogStore

    async def root(self, size: int) -> bytes:
        """Return the root of the first size entries."""
        return fold(await read(self.store, decompose(0, size)))

    async def consistency(self, *, old: int, new: int) -> tuple[bytes, ...]:
        """Return the proof that the tree of one size begins with that of a smaller one."""
        plan = proof.plan_consistency(old=old, new=new)
        return plan.assemble(await read(self.store, plan.positions))
