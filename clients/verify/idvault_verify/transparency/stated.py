"""What the statements of a log's losses demand of the log that goes on, and of one another.

A statement names two checkpoints: the last cosigned one of the epoch before (former), and the entries that
are left, the first ones of the new epoch (kept). Its custodians alone say so: whoever follows the log
compares both with the log, also if nothing of it was known before.

- The log's newest checkpoint begins with each of them that has no more entries than a later statement leaves.
- Two of them of one size have one root, unless a statement in between leaves fewer entries.
- The last cosigned checkpoint of an epoch has no fewer entries than the epoch began with.
- The root of no entries is that of the empty tree.
"""

from collections.abc import Sequence
from itertools import pairwise

from idvault_verify.transparency import epoch
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.epoch import Break, EpochError
from idvault_verify.transparency.tree import EMPTY_ROOT


def check(breaks: Sequence[Break]) -> None:
    """Raise EpochError unless verified statements, in order, agree with themselves and one another."""
    for each in breaks:
        if each.kept.size == 0 and each.kept.root != EMPTY_ROOT:
            raise EpochError(f"{_name(each)} leaves no entries, and its root is not that of no entries")
    for before, after in pairwise(breaks):
        if after.former.size < before.kept.size:
            raise EpochError(f"{_name(after)} names a checkpoint of fewer entries than its epoch began with")
    for place, each in enumerate(breaks):
        # What it lets go was named, too.
        _named(breaks[:place], each.former)
        _named(breaks[: place + 1])


def demanded(newest: Checkpoint, breaks: Sequence[Break]) -> tuple[Checkpoint, ...]:
    """Return what a checkpoint must begin with after the losses up to its epoch, the largest first.

    Each has other entries than the ones before it, and one at least. Raises EpochError as `check` does.
    """
    number = epoch.of(newest).number
    return _named([each for each in breaks if each.epoch.number <= number])


def _named(breaks: Sequence[Break], *newest: Checkpoint) -> tuple[Checkpoint, ...]:
    """Return the checkpoints whose entries no later statement has let go. newest: named after all of them."""
    found = list(newest)
    for each in reversed(breaks):
        for one in (each.kept, each.former):
            if not found or one.size < found[-1].size:
                found.append(one)
            elif one.size == found[-1].size and one.root != found[-1].root:
                raise EpochError(f"{_name(each)} names two different histories of {one.size} entries")
    return tuple(one for one in found if one.size)


def _name(stated: Break) -> str:
    return f"the statement of epoch {stated.epoch.number}"
