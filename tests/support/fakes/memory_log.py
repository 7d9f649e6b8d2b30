"""A log in memory that keeps what a store keeps: leaves, and the perfect subtrees of every eighth level."""

from collections.abc import Sequence
from datetime import UTC, datetime

from idvault.log.ports import Head, Subtree, Unsequenced
from idvault.verify.error import DamagedError, Reason
from idvault.verify.transparency import checkpoint
from idvault.verify.transparency.checkpoint import Checkpoint
from idvault.verify.transparency.note import NoteSigner
from idvault.verify.transparency.tile import HEIGHT
from idvault.verify.transparency.tree import CompactRange, leaf_hash


class MemoryLog:
    """Entries that are sequenced at once (LogStore), and their checkpoint (CheckpointStore)."""

    def __init__(self, *, origin: str, signer: NoteSigner) -> None:
        """Start empty, without a checkpoint."""
        self._origin, self._signer = origin, signer
        self._tree = CompactRange()
        self.kept: list[bytes] = []
        self.stored: dict[Subtree, bytes] = {}
        self.note: bytes | None = None

    def append(self, *leaves: bytes) -> None:
        """Add entries without a new checkpoint."""
        for leaf in leaves:
            completed = self._tree.append(leaf_hash(leaf))
            self.kept.append(leaf)
            for level in range(0, len(completed), HEIGHT):
                self.stored[Subtree(level, (self._tree.size - 1) >> level)] = completed[level]

    def sign(self) -> Checkpoint:
        """Sign the current state and return the checkpoint."""
        made = Checkpoint(self._origin, self._tree.size, self._tree.root())
        self.note = checkpoint.sign(made, [self._signer])
        return made

    async def sequence(self, *, limit: int, now: datetime) -> int:
        """Return 0: every entry has an index already."""
        return 0

    async def head(self) -> Head:
        return Head(self._tree.size, self._tree.to_bytes(), datetime(2026, 3, 1, tzinfo=UTC))

    async def leaves(self, *, start: int, limit: int) -> list[bytes]:
        return self.kept[start : start + limit]

    async def nodes(self, wanted: Sequence[Subtree]) -> list[bytes]:
        """Return hashes; raises DamagedError if one is not stored."""
        try:
            return [self.stored[node] for node in wanted]
        except KeyError as error:
            raise DamagedError(Reason.RECORD_DAMAGED) from error

    async def unsequenced(self) -> Unsequenced:
        return Unsequenced(0, None)

    async def latest(self) -> bytes | None:
        return self.note

    async def replace(self, *, former: bytes | None, note: bytes) -> bool:
        if former != self.note:
            return False
        self.note = note
        return True
