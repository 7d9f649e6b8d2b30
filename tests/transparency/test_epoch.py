"""Breaks of a log: what a checkpoint must be continued by, what is lost, and what no statement can hide."""

from dataclasses import replace

import pytest

from idvault_verify.transparency import epoch
from idvault_verify.transparency.checkpoint import Checkpoint, MalformedCheckpointError, OriginError
from idvault_verify.transparency.epoch import (
    Carried,
    EarlierEpochError,
    Epoch,
    EpochError,
    HiddenEntriesError,
    LostPart,
    TwoStatementsError,
    UnknownEpochError,
)
from idvault_verify.transparency.tree import EMPTY_ROOT
from tests.support.epoch_world import breaks, cosigned, in_epoch, signed, statement, tree

FIRST = signed(statement(cosigned(tree(10)), tree(6), seen=11))
FORMER = cosigned(in_epoch(tree(20, kept=6), FIRST))
SECOND = signed(statement(FORMER, tree(15, kept=6), seen=20, after=[FIRST]))
BREAKS = breaks(FIRST, SECOND)


def second(size: int) -> Checkpoint:
    return in_epoch(tree(size, kept=6), FIRST)


def third(size: int) -> Checkpoint:
    return in_epoch(tree(size, kept=6), SECOND)


def test_the_line_of_an_epoch_comes_back() -> None:
    """The first epoch has no line; others have their number and their statement's digest."""
    assert epoch.of(tree(3)) == Epoch()
    assert epoch.of(second(7)) == Epoch(2, FIRST.digest())
    assert Epoch().extensions == ()
    # Other extension lines mean nothing here.
    assert epoch.of(replace(tree(3), extensions=("something else",))) == Epoch()


@pytest.mark.parametrize(
    "lines",
    [
        ("epoch 1 " + "a" * 64,),
        ("epoch 02 " + "a" * 64,),
        ("epoch 2 " + "A" * 64,),
        ("epoch 2",),
        ("epoch 2 " + "a" * 64, "epoch 2 " + "a" * 64),
        ("something else", "epoch 2 " + "a" * 64),
        ("epoch 1000000000 " + "a" * 64,),
    ],
)
def test_a_malformed_line_is_refused(lines: tuple[str, ...]) -> None:
    """A line that begins like an epoch's must be one, and there is one at most."""
    with pytest.raises(MalformedCheckpointError):
        epoch.of(replace(tree(3), extensions=lines))


@pytest.mark.parametrize("newer", [tree(12), tree(3)])
def test_without_a_break_everything_stays(newer: Checkpoint) -> None:
    """Whether the newer one is consistent is not decided here."""
    assert epoch.carry(tree(10), newer, []) == Carried(tree(10))


def test_what_a_checkpoint_had_beyond_the_break_is_lost() -> None:
    """At or before the break nothing is."""
    kept = BREAKS[0].kept
    assert epoch.carry(tree(9), second(7), BREAKS) == Carried(
        kept, (LostPart(Epoch(2, FIRST.digest()), 6, 9),)
    )
    assert epoch.carry(tree(6), second(7), BREAKS) == Carried(tree(6))
    assert epoch.carry(tree(2), second(7), BREAKS) == Carried(tree(2))


def test_two_breaks_are_crossed_in_order() -> None:
    """A checkpoint may lose entries twice, or only at the second break."""
    twice = epoch.carry(tree(10), third(16), BREAKS)
    assert twice.checkpoint == BREAKS[0].kept
    assert [part.first for part in twice.lost] == [6]
    once = epoch.carry(second(18), third(16), BREAKS)
    assert once == Carried(BREAKS[1].kept, (LostPart(Epoch(3, SECOND.digest()), 15, 18),))


def test_a_statement_hides_nothing_that_was_signed() -> None:
    """More entries than it says that anybody had seen, or another root at the last cosigned size."""
    with pytest.raises(HiddenEntriesError, match="hides what it lost"):
        epoch.carry(tree(12), second(13), BREAKS)
    assert epoch.carry(tree(11), second(13), BREAKS).lost
    with pytest.raises(HiddenEntriesError, match="had forked before"):
        epoch.carry(tree(10, kept=8), second(13), BREAKS)


def test_an_epoch_without_a_statement_is_unknown() -> None:
    """The number of the first missing one is said."""
    with pytest.raises(UnknownEpochError) as caught:
        epoch.carry(tree(4), third(16), BREAKS[1:])
    assert caught.value.number == 2
    with pytest.raises(UnknownEpochError):
        epoch.carry(tree(4), second(7), [])


def test_an_epoch_with_two_statements_is_a_fork() -> None:
    """Whether the newer checkpoint names the other one, or the known one does."""
    other = signed(statement(cosigned(tree(10)), tree(5), seen=11))
    with pytest.raises(TwoStatementsError):
        epoch.carry(tree(4), in_epoch(tree(7), other), BREAKS)
    with pytest.raises(TwoStatementsError):
        epoch.carry(in_epoch(tree(7), other), third(16), BREAKS)
    # Within one epoch, without any statement at hand.
    with pytest.raises(TwoStatementsError):
        epoch.carry(in_epoch(tree(7), other), second(8), [])


def test_a_log_does_not_go_back_to_an_earlier_epoch() -> None:
    """However large it has become there."""
    with pytest.raises(EarlierEpochError):
        epoch.carry(second(7), tree(100), BREAKS)
    assert issubclass(EarlierEpochError, EpochError)


def test_checkpoints_of_two_logs_have_nothing_in_common() -> None:
    """The origin is compared first."""
    with pytest.raises(OriginError):
        epoch.carry(Checkpoint("another", 0, EMPTY_ROOT), tree(1), [])


def test_a_statement_must_agree_with_the_checkpoint_it_names() -> None:
    """Its epoch is the one before, and it has not more entries than anybody has seen."""
    with pytest.raises(UnknownEpochError):
        epoch.read(replace(FIRST, former=FORMER))
    with pytest.raises(HiddenEntriesError):
        epoch.read(replace(FIRST, seen=9))
