"""Reads the transparency log: its newest checkpoint, its entries, and proofs (RFC 6962 2.1).

- Nothing beyond the newest checkpoint is returned or proved, because only signed content binds the log.
- A size or an index beyond the newest checkpoint is refused; the error names the field.
"""

from dataclasses import dataclass

from idvault.log.acts import stored, subtree
from idvault.log.ports.log import CheckpointStore, LogStore
from idvault.verify.error import DamagedError, FieldCode, InvalidError, Reason, UnavailableError, Violation
from idvault.verify.transparency import proof
from idvault.verify.transparency.proof import ProofPlan


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
        return stored.size(await self.checkpoints.latest())

    async def _assemble(self, plan: ProofPlan) -> tuple[bytes, ...]:
        return plan.assemble(await subtree.read(self.log, plan.positions))


def _check(holds: bool, field: str) -> None:
    # LENGTH: a number that is out of range is too long or too short for the log.
    if not holds:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation(field, FieldCode.LENGTH))
