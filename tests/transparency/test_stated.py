"""What statements of losses demand of a log, and that they agree with themselves and one another."""

from dataclasses import replace

import pytest

from idvault_verify.attest.epoch import EpochStatement
from idvault_verify.transparency import epoch, stated
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.epoch import Break, EpochError, HiddenEntriesError
from idvault_verify.transparency.tree import EMPTY_ROOT
from tests.support.epoch_world import FIRST, breaks, cosigned, in_epoch, signed, statement, tree

NOTHING = Checkpoint(tree(1).origin, 0, EMPTY_ROOT)


def chain(*sizes: tuple[int, int]) -> list[Break]:
    """Return breaks. sizes: of the last cosigned checkpoint, and of what is left, for each."""
    listed = [signed(statement(cosigned(tree(sizes[0][0])), tree(sizes[0][1]), seen=99))]
    for former, kept in sizes[1:]:
        note = cosigned(in_epoch(tree(former), listed[-1]))
        listed.append(signed(statement(note, tree(kept), seen=99, after=listed)))
    return breaks(*listed)


def demanded(*sizes: tuple[int, int]) -> list[int]:
    listed = chain(*sizes)
    newest = replace(tree(99), extensions=listed[-1].epoch.extensions)
    stated.check(listed)
    return [each.size for each in stated.demanded(newest, listed)]


def test_a_log_begins_with_what_its_statements_name() -> None:
    """With what is left, and with all that was named before and not lost since."""
    assert demanded((10, 6)) == [6]
    assert demanded((10, 14)) == [14, 10]
    assert demanded((10, 10)) == [10]
    assert demanded((10, 6), (9, 8)) == [8, 6]
    assert demanded((10, 6), (9, 12)) == [12, 9, 6]
    assert demanded((10, 6), (9, 3)) == [3]
    assert demanded((10, 6), (9, 3), (5, 6)) == [6, 5, 3]
    assert demanded((10, 6), (6, 6)) == [6]


def test_statements_of_later_epochs_demand_nothing() -> None:
    """A checkpoint begins with what is left up to its epoch: in the first one, or if none are, nothing."""
    listed = chain((10, 6), (9, 3))
    assert [each.size for each in stated.demanded(in_epoch(tree(7), FIRST), listed)] == [6]
    assert stated.demanded(tree(7), listed) == ()
    empty = breaks(signed(statement(cosigned(tree(10)), NOTHING, seen=10)))
    stated.check(empty)
    assert stated.demanded(replace(tree(7), extensions=empty[0].epoch.extensions), empty) == ()


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (statement(cosigned(tree(10)), tree(10, kept=9), seen=10), "two different histories of 10"),
        (statement(cosigned(NOTHING), replace(NOTHING, root=bytes(32)), seen=10), "not that of no entries"),
        (statement(cosigned(tree(10)), replace(NOTHING, root=bytes(32)), seen=10), "not that of no entries"),
    ],
)
def test_a_statement_agrees_with_itself(wrong: EpochStatement, why: str) -> None:
    """The attack: what is left has the size of the last cosigned checkpoint, or none, and another root."""
    with pytest.raises(EpochError, match=why):
        stated.check(breaks(signed(wrong)))


def test_statements_agree_with_one_another() -> None:
    """A later one names fewer entries than its epoch began with, or others of the same size."""
    for former, kept, why in (
        (tree(5), tree(3), "of epoch 3 names a checkpoint of fewer entries"),
        (tree(6, kept=2), tree(3), "of epoch 2 names two different histories of 6"),
        (tree(6, kept=2), NOTHING, "of epoch 2 names two different histories of 6"),
        (tree(8, kept=2), tree(3), None),
        (tree(6, kept=2), tree(6, kept=2), "of epoch 2 names two different histories of 6"),
        (tree(9, kept=2), tree(6, kept=2), "of epoch 2 names two different histories of 6"),
        (tree(6, kept=2), tree(8, kept=2), "of epoch 2 names two different histories of 6"),
    ):
        second = signed(statement(cosigned(in_epoch(former, FIRST)), kept, seen=20, after=[FIRST]))
        listed = breaks(FIRST, second)
        if why is None:
            # Nothing that is named tells the two apart.
            stated.check(listed)
            continue
        with pytest.raises(EpochError, match=why):
            stated.check(listed)


def test_what_was_seen_of_the_size_that_is_left_is_what_is_left() -> None:
    """Whoever knows exactly as many entries compares their root with the statement's, without the log."""
    listed = breaks(FIRST)
    new = in_epoch(tree(8, kept=6), FIRST)
    assert epoch.carry(tree(6), new, listed).checkpoint == tree(6)
    with pytest.raises(HiddenEntriesError, match="calls 6 other entries left"):
        epoch.carry(tree(6, kept=5), new, listed)
