"""Verifies the log in a database from its entries alone, and names the first wrong entry.

- The entries, in index order, must give every stored hash and every given checkpoint.
- The stored head must match the entries exactly.
- Entries beyond the largest checkpoint are valid but not signed yet; they are counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from idvault.core.db.database import Database
from idvault.log import store
from idvault.log.rules import AuditPage, Extent, Subtree
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.tree import CompactRange, LogError, Position
from idvault_verify.transparency.verifier import LogVerifier, Progress, WrongEntryError

_PAGE = 1_000


class HeadError(LogError):
    """The entries match the signed checkpoints, but the stored head does not match the entries."""


@dataclass(frozen=True, slots=True)
class Audited:
    """The verified tree of all sequenced entries, and how many entries are not sequenced yet."""

    tree: CompactRange
    unsequenced: int


async def extent(main: Database) -> Extent:
    """Return what the log states about itself; entries that are sequenced meanwhile are not in it."""
    return await main.read("log.extent", store.extent)


async def page(main: Database, *, after: int | None, limit: int) -> AuditPage:
    """Return up to limit entries with an index greater than `after`, from the smallest one if it is None."""
    return await main.read("log.page", lambda one: store.page(one, after=after, limit=limit))


async def verify(
    main: Database, *, extent: Extent, checkpoints: Sequence[Checkpoint], progress: Progress
) -> Audited:
    """Verify the entries of an extent against checkpoints; raises WrongEntryError, HeadError.

    The checkpoints must have been verified, and read before the extent. One page and O(log n) hashes are in
    memory at a time.
    """
    stored = _Stored()
    verifier = LogVerifier(stored_node=stored.node)
    for checkpoint in checkpoints:
        verifier.expect(checkpoint)
    await _feed(main, verifier, stored, max(extent.end, extent.size), progress)
    tree = verifier.finish(growing=True)
    _check_head(tree, extent, covered=max((one.size for one in checkpoints), default=0))
    return Audited(tree, extent.unsequenced)


async def _feed(
    main: Database, verifier: LogVerifier, stored: "_Stored", end: int, progress: Progress
) -> None:
    after: int | None = None
    while True:
        found = await page(main, after=after, limit=_PAGE)
        stored.take(found)
        for entry in found.entries:
            # Entries added after the extent was read are left to the next verification.
            if entry.index >= end:
                return
            value = stored.node(Position(0, entry.index))
            verifier.feed(entry.index, entry.leaf, stored_hash=value)
        progress(verifier.size)
        if len(found.entries) < _PAGE:
            return
        after = found.entries[-1].index


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
