"""Verifies the log in a database from its entries alone, and names the first wrong entry.

- The entries, in index order, must give every stored hash and every given checkpoint.
- The stored head must match the entries exactly.
- Entries beyond the largest checkpoint are valid but not signed yet; they are counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from idvault.log.ports import AuditPage, Extent, LogAuditStore, Subtree
from idvault.verify.transparency.checkpoint import Checkpoint
from idvault.verify.transparency.tree import CompactRange, LogError, Position
from idvault.verify.transparency.verifier import LogVerifier, Progress, WrongEntryError

_PAGE = 1_000


class HeadError(LogError):
    """The entries match the signed checkpoints, but the stored head does not match the entries."""


@dataclass(frozen=True, slots=True)
class Audited:
    """The verified tree of all sequenced entries, and how many entries are not sequenced yet."""

    tree: CompactRange
    unsequenced: int


@dataclass(kw_only=True, eq=False, repr=False)
class LogAuditFlow:
    """Reads the log page by page, with one page and O(log n) hashes in memory at a time."""

    store: LogAuditStore

    async def extent(self) -> Extent:
        """Return what the log states about itself."""
        return await self.store.extent()

    async def verify(
        self, *, extent: Extent, checkpoints: Sequence[Checkpoint], progress: Progress
    ) -> Audited:
        """Verify the entries of an extent against checkpoints; raises WrongEntryError, HeadError.

        The checkpoints must have been verified, and read before the extent.
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
                # Entries added after the extent was read are left to the next verification.
                if entry.index >= end:
                    return
                value = stored.node(Position(0, entry.index))
                verifier.feed(entry.index, entry.leaf, stored_hash=value)
            progress(verifier.size)
            if len(page.entries) < _PAGE:
                return
            after = page.entries[-1].index


class _Stored:
    """The stored hashes of subtrees that end in the current page."""

    def __init__(self) -> None:
        self._page = AuditPage((), {})

    def take(self, page: AuditPage) -> None:
        self._page = page

    def node(self, position: Position) -> bytes:
        # The store keeps all hashes, so a missing one is treated as a different one.
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
