"""Compares the entries of a public log, read in order, with what the statements of its losses name.

As `follow-log` and `log verify` do (transparency.stated), for the checks that read the log of a paper:

- the log shows no earlier epoch than the paper's checkpoint, and no statement hides what that one had,
- it has at least the entries that the statements name,
- it begins with them.
"""

from collections.abc import Sequence

from idvault_verify.offline.proof import UnverifiedError
from idvault_verify.transparency import epoch, stated
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.epoch import Break, EarlierEpochError
from idvault_verify.transparency.tree import CompactRange, LogError


class StatedEntries:
    """What the statements demand of one public log. is_whole: whether its entries lead to its checkpoint."""

    def __init__(self, known: Checkpoint, newest: Checkpoint, breaks: Sequence[Break]) -> None:
        """Set the paper's checkpoint, the log's newest one, and what the verified statements say.

        Raises UnverifiedError (ROLLED_BACK, FORKED).
        """
        try:
            epoch.carry(known, newest, breaks)
            demanded = stated.demanded(newest, breaks)
        except EarlierEpochError as error:
            raise UnverifiedError("ROLLED_BACK", str(error)) from error
        except LogError as error:
            raise UnverifiedError("FORKED", str(error)) from error
        self._newest = newest
        self._due = {each.size: each.root for each in demanded}
        self._wrong: int | None = None
        self.is_whole = False
        if max(self._due, default=0) > newest.size:
            text = f"the log has {newest.size} entries, fewer than the statements of its losses name"
            raise UnverifiedError("ROLLED_BACK", text)

    def names(self, size: int) -> bool:
        """Return whether the first entries of this number are to be compared."""
        return size in self._due or size == self._newest.size

    def meet(self, tree: CompactRange) -> None:
        """Compare the first entries if `names` says so."""
        if not self.names(tree.size):
            return
        root = tree.root()
        if self._wrong is None and self._due.get(tree.size, root) != root:
            self._wrong = tree.size
        if tree.size == self._newest.size:
            self.is_whole = root == self._newest.root

    def finish(self) -> None:
        """Raise UnverifiedError (FORKED) if the log does not begin with what the statements name.

        Only if its entries lead to its checkpoint; else they may just be damaged, which the caller says.
        """
        if self._wrong is not None and self.is_whole:
            told = f"the {self._wrong} entries that the statements of its losses name"
            raise UnverifiedError("FORKED", f"the log has forked: it does not begin with {told}")
