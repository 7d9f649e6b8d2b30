"""What the entries of a copy from before some epochs must match, and what is left of them."""

from dataclasses import replace

import pytest

from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.epoch import Epoch, HiddenEntriesError, TwoStatementsError
from idvault_verify.transparency.restored import EpochPlace
from tests.support.epoch_world import breaks, cosigned, in_epoch, signed, statement, tree

FIRST = signed(statement(cosigned(tree(10)), tree(6), seen=11))
SECOND = signed(
    statement(cosigned(in_epoch(tree(20, kept=6), FIRST)), tree(4, kept=6), seen=20, after=[FIRST])
)
BREAKS = breaks(FIRST, SECOND)


def sizes(found: list[Checkpoint]) -> set[int]:
    return {one.size for one in found}


def test_a_log_without_losses_has_one_epoch() -> None:
    """Everything that is reached must match, and everything is left."""
    place = EpochPlace(())
    assert (place.newest, place.usable(9), place.left(tree(7))) == (Epoch(), 9, tree(7))
    assert place.expected([tree(7), tree(12)], entries=9) == [tree(7)]
    assert place.left(in_epoch(tree(7), FIRST)) is None
    assert place.expected([in_epoch(tree(7), FIRST)], entries=9) == []


@pytest.mark.parametrize(("own", "entries", "usable"), [(1, 9, 4), (1, 3, 3), (2, 9, 4), (3, 9, 9)])
def test_what_later_statements_leave(own: int, entries: int, usable: int) -> None:
    """The least of what each leaves; a copy of the newest epoch keeps all."""
    assert EpochPlace(BREAKS, own).usable(entries) == usable


def test_a_copy_of_the_first_epoch_matches_what_is_common_to_both() -> None:
    """Checkpoints of its own epoch whole, those of later ones as far as the statements leave it."""
    place = EpochPlace(BREAKS, 1)
    assert sizes(place.expected([], entries=10)) == {10, 6, 4}
    own, later = tree(8), in_epoch(tree(7, kept=6), FIRST)
    assert own in place.expected([own, later], entries=10)
    assert later not in place.expected([own, later], entries=10)
    early = in_epoch(tree(5), FIRST)
    assert early in place.expected([early], entries=10)
    assert in_epoch(tree(5), SECOND) not in place.expected([in_epoch(tree(5), SECOND)], entries=10)
    assert in_epoch(tree(3), SECOND) in place.expected([in_epoch(tree(3), SECOND)], entries=10)


def test_a_copy_of_a_later_epoch_matches_what_is_left_of_former_checkpoints() -> None:
    """What a statement counts as lost is compared with nothing."""
    place = EpochPlace(BREAKS, 2)
    assert sizes(place.expected([tree(9)], entries=20)) == {6, 20, 4}
    assert sizes(EpochPlace(BREAKS, 3).expected([tree(9)], entries=20)) == {4}


def test_a_contradiction_is_none_of_age() -> None:
    """Two statements for an epoch, and a checkpoint that a statement denies."""
    other = in_epoch(tree(7), replace(FIRST, reason="another"))
    for place in (EpochPlace(BREAKS, 1), EpochPlace(BREAKS, 2)):
        with pytest.raises(TwoStatementsError):
            place.expected([other], entries=9)
        with pytest.raises(TwoStatementsError):
            place.left(other)
    with pytest.raises(HiddenEntriesError):
        EpochPlace(BREAKS, 2).expected([tree(12)], entries=9)
    with pytest.raises(HiddenEntriesError):
        EpochPlace(BREAKS, 1).left(tree(12))
