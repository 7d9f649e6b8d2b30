"""Verifies the log that a database holds, from its entries alone, and names the first one that is wrong.

- The entries, in the order of their indices, must lead to every stored hash and to every checkpoint given.
- The database's own head must be that of its entries: neither more nor fewer of them, nor others.
- Entries beyond the largest checkpoint are in order but signed for by nobody yet; they are counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from idvault.ports.log.audit import AuditPage, Extent, LogAuditStore
from idvault.ports.log.store import Subtree
from idvault.transparency.checkpoint import Checkpoint
from idvault.transparency.tree import CompactRange, LogError, Position
from idvault.transparency.verifier import LogVerifier, Progress, WrongEntryError

_PAGE = 1_000


class HeadError(LogError):
    """The entries are those that were signed for, but the database's own note of them is not theirs."""


@dataclass(frozen=True, slots=True)
class Audited:
    """The verified tree of all entries that have an index, and how many have none yet."""

    tree: CompactRange
    unsequenced: int


@dataclass(kw_only=True, eq=False, repr=False)
class LogAuditFlow:
    """Takes page after page; one page and O(log n) hashes are in memory at a time."""

    store: LogAuditStore

    async def extent(self) -> Extent:
        """Return what the log says of itself."""
        return await self.store.extent()

    async def verify(
        self, *, extent: Extent, checkpoints: Sequence[Checkpoint], progress: Progress
    ) -> Audited:
        """Verify the entries as of an extent against checkpoints; raises WrongEntryError, HeadError.

        The checkpoints must have been verified, and read before the extent was.
        """
        stored = _Stored()
        verifier = LogVerifier(stored_node=stored.node)
        for checkpoint in checkpoints:
            verifier.expect(checkpoint)
        await self._feed(verifier, stored, max(extent.end, extent.size), progress)
        tree = verifier.finish(growing=True)
        _check_head(tree, extent, covered=max((one.size for one in checkpoints), default=0))
        return Audited(tree, extent.unsequenced)

    async def _feed(self, verifier: LogVerifier, stored: "_Stored", end: int, progress: Progress) -> None:
        after: int | None = None
        while True:
            page = await self.store.page(after=after, limit=_PAGE)
            stored.take(page)
            for entry in page.entries:
                # What has come since the extent was read is for the next verification.
                if entry.index >= end:
                    return
                value = stored.node(Position(0, entry.index))
                verifier.feed(entry.index, entry.leaf, stored_hash=value)
            progress(verifier.size)
            if len(page.entries) < _PAGE:
                return
            after = page.entries[-1].index


class _Stored:
    """The stored hashes that end in the present page."""

    def __init__(self) -> None:
        self._page = AuditPage((), {})

    def take(self, page: AuditPage) -> None:
        self._page = page

    def node(self, position: Position) -> bytes:
        # A hash that is gone is a hash that differs: the store keeps all of them.
        return self._page.nodes.get(Subtree(position.level, position.index), b"")


def _check_head(tree: CompactRange, extent: Extent, *, covered: int) -> None:
    if tree.size > extent.size:
        raise WrongEntryError(extent.size, "is beyond the head of the log", last=tree.size - 1)
    if tree.size < extent.size:
        reason = f"{{those}} is missing: the head of the log says {extent.size} entries"
        raise WrongEntryError(tree.size, reason, last=extent.size - 1)
    if extent.size == 0 or extent.tree == tree.to_bytes():
        return
    if covered < tree.size:
        reason = "{those} is wrong: the head of the log has another tree"
        raise WrongEntryError(covered, reason, last=tree.size - 1)
    raise HeadError("the head of the log is not that of its entries")
