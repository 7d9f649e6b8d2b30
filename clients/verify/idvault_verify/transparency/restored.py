"""What a restored main database has of a log with several epochs, if it is from before some of them.

- It is of the last epoch that it knows the beginning of. The statements of later epochs say how many of its
  entries are left; what it has beyond was lost with a former epoch, and is no part of the log any more.
- A checkpoint of its own epoch, or of a former one, must match its entries as far as it is left there. One of
  a later epoch must match those that are left from there on to both.
- Different ages are what backups have. Only what must match and does not contradicts the log.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from idvault_verify.transparency import epoch
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.epoch import FIRST, Break, Epoch, TwoStatementsError
from idvault_verify.transparency.tree import EMPTY_ROOT


@dataclass(frozen=True, slots=True)
class EpochPlace:
    """A main database's place in the log. breaks: of all statements, in order. own: its epoch's number."""

    breaks: Sequence[Break]
    own: int = FIRST

    @property
    def newest(self) -> Epoch:
        """The last epoch that there is a statement for."""
        return self.breaks[-1].epoch if self.breaks else Epoch()

    def usable(self, entries: int) -> int:
        """Return how many of the database's first entries are still part of the log."""
        return min([entries, *self._left(self.newest.number)])

    def expected(self, checkpoints: Iterable[Checkpoint], *, entries: int) -> list[Checkpoint]:
        """Return what the database's entries must match of these checkpoints and of the statements.

        Raises LogError if a checkpoint contradicts a statement. One of an epoch without a statement is left
        out, because nothing says what it has in common with the database.
        """
        stated = [one for each in self.breaks for one in (each.former, each.kept)]
        matching = (self._matching(one) for one in (*stated, *checkpoints))
        return [one for one in matching if one is not None and one.size <= entries]

    def left(self, checkpoint: Checkpoint) -> Checkpoint | None:
        """Return what is left of a checkpoint in the newest epoch, None if it is of one without a statement.

        Raises LogError if it contradicts a statement.
        """
        if epoch.of(checkpoint).number > self.newest.number:
            return None
        return epoch.carry(checkpoint, _probe(checkpoint.origin, self.newest), self.breaks).checkpoint

    def _matching(self, found: Checkpoint) -> Checkpoint | None:
        its = epoch.of(found)
        if its.number > self.newest.number:
            return None
        self._check_stated(its)
        if its.number <= self.own:
            own = Epoch() if self.own == FIRST else self.breaks[self.own - FIRST - 1].epoch
            return epoch.carry(found, _probe(found.origin, own), self.breaks).checkpoint
        return found if found.size <= min(self._left(its.number)) else None

    def _left(self, until: int) -> list[int]:
        """Return how many entries each statement from the database's epoch to another one leaves."""
        return [each.kept.size for each in self.breaks if self.own < each.epoch.number <= until]

    def _check_stated(self, its: Epoch) -> None:
        if its.number > FIRST and self.breaks[its.number - FIRST - 1].epoch != its:
            raise TwoStatementsError(f"there are two statements for epoch {its.number}: the log has forked")


def _probe(origin: str, its: Epoch) -> Checkpoint:
    return Checkpoint(origin, 0, EMPTY_ROOT, its.extensions)
