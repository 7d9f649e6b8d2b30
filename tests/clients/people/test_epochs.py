"""A member's client across a break of the log: it follows by hand, and then demands the new epoch."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from idvault_people import epochs, roster_mark
from idvault_people.finding import FindingError
from idvault_people.trust import Consistency, Trust
from idvault_verify.attest.epoch import EpochStatement
from idvault_verify.disclosure import HistoryFinding as Finding
from idvault_verify.offline.log import epochs as offline
from idvault_verify.offline.log.epochs import EpochRefusedError
from idvault_verify.transparency.proof import prove_consistency
from tests.support.epoch_world import (
    ROSTER,
    cosigned,
    in_epoch,
    leaves,
    next_roster,
    signed,
    statement,
    tree,
)
from tools.support import merkle
from tools.support.log_world import KEY, START

FIRST = signed(statement(cosigned(tree(10)), tree(6), seen=11))
NEW = cosigned(in_epoch(tree(8, kept=6), FIRST))


def consistency(entries: list[bytes]) -> Consistency:
    def prove(old: int, new: int) -> Sequence[bytes]:
        return prove_consistency(merkle.reader(entries[:new]), old=old, new=new)

    return prove


@pytest.fixture
def trust(tmp_path: Path) -> Trust:
    """Return a member that has seen ten entries of the first epoch."""
    made = Trust(versions=(ROSTER,), log_key=KEY, state=tmp_path / "checkpoint")
    made.checkpoint(cosigned(tree(10)), consistency=consistency(leaves(10)), now=START)
    return made


def follow(trust: Trust) -> list[tuple[int, int]]:
    """Follow the statement; return what is lost."""
    carried = epochs.follow(trust.state, [FIRST], versions=trust.versions, log_key=KEY)
    return [(part.first, part.last) for each in carried for part in each.lost]


def new(trust: Trust, note: bytes = NEW) -> int:
    """Show the member a checkpoint of the new epoch."""
    return trust.checkpoint(note, consistency=consistency(leaves(9, kept=6)), now=START).size


def test_a_new_epoch_is_refused_until_the_member_follows(trust: Trust) -> None:
    """Nothing changes until then; the error names the command."""
    before = trust.state.read_bytes()
    with pytest.raises(FindingError, match="idvault-people epoch follow") as caught:
        new(trust)
    assert caught.value.finding is Finding.LOG_INVALID
    assert trust.state.read_bytes() == before
    assert follow(trust) == [(6, 10)]
    assert new(trust) == 8
    assert trust.state.read_bytes() == NEW
    assert follow(trust) == []


def test_papers_from_before_the_break_stay_valid(trust: Trust) -> None:
    """A stored checkpoint of the former epoch, of what is lost, too, is proof of its time."""
    follow(trust)
    new(trust)
    for size in (4, 10):
        found = trust.stored_checkpoint(
            cosigned(tree(size)),
            consistency=consistency(leaves(9, kept=6)),
            at=START,
            roster_digest=ROSTER.digest(),
        )
        assert found == tree(size)


def test_a_second_history_in_the_new_epoch_is_a_fork(trust: Trust) -> None:
    """Other entries in place of those that are left, and another statement for the same epoch."""
    follow(trust)
    entries = leaves(8, kept=3)
    with pytest.raises(FindingError) as caught:
        trust.checkpoint(
            cosigned(in_epoch(tree(8, kept=3), FIRST)), consistency=consistency(entries), now=START
        )
    assert caught.value.finding is Finding.LOG_FORKED
    other = signed(replace(FIRST, reason="another reason", signatures=()))
    with pytest.raises(FindingError) as caught:
        new(trust, cosigned(in_epoch(tree(8, kept=6), other)))
    assert caught.value.finding is Finding.LOG_FORKED


@pytest.mark.parametrize("known", [0, 1, 5])
def test_a_member_who_knew_less_compares_what_is_left(tmp_path: Path, known: int) -> None:
    """The attack: the log goes on with other entries than the custodians called left, or with fewer."""
    trust = Trust(versions=(ROSTER,), log_key=KEY, state=tmp_path / "checkpoint")
    if known:
        trust.checkpoint(cosigned(tree(known)), consistency=consistency(leaves(known)), now=START)
    follow(trust)
    for size, kept in ((8, known), (8, 5), (5, 5), (6, 5)):
        entries = leaves(size, kept=kept)
        with pytest.raises(FindingError, match="does not begin with the entries") as caught:
            trust.checkpoint(
                cosigned(in_epoch(tree(size, kept=kept), FIRST)), consistency=consistency(entries), now=START
            )
        assert caught.value.finding is Finding.LOG_INVALID
    assert new(trust) == 8


def test_a_member_who_knew_as_much_as_is_left_compares_it_with_the_statement(tmp_path: Path) -> None:
    """Before anybody has shown the new epoch; the custodian who is asked to sign, too."""
    trust = Trust(versions=(ROSTER,), log_key=KEY, state=tmp_path / "checkpoint")
    trust.checkpoint(cosigned(tree(6)), consistency=consistency(leaves(6)), now=START)
    for kept, why in ((tree(6, kept=5), "calls 6 other"), (tree(10, kept=8), "two different histories")):
        wrong = signed(statement(cosigned(tree(10)), kept, seen=11))
        with pytest.raises(EpochRefusedError, match=why):
            epochs.follow(trust.state, [wrong], versions=trust.versions, log_key=KEY)
        with pytest.raises(EpochRefusedError, match=why):
            epochs.check(trust.state, wrong, versions=trust.versions, log_key=KEY)
    alone = signed(statement(cosigned(tree(10)).rpartition(b"\xe2")[0], tree(6), seen=11))
    with pytest.raises(EpochRefusedError, match="0 of 1 witnesses"):
        epochs.check(trust.state, alone, versions=trust.versions, log_key=KEY)


def test_a_member_who_is_new_needs_the_statement_too(tmp_path: Path) -> None:
    """The log's epoch is never taken on the service's word."""
    trust = Trust(versions=(ROSTER,), log_key=KEY, state=tmp_path / "checkpoint")
    with pytest.raises(FindingError, match="epoch 2"):
        new(trust)
    follow(trust)
    assert new(trust) == 8


def test_what_a_member_does_not_follow(trust: Trust) -> None:
    """Too few signatures, another log, another order, and a checkpoint that no witness cosigned."""
    unsigned = replace(FIRST, signatures=())
    unwitnessed = signed(replace(unsigned, former=cosigned(tree(10)).rpartition(b"\xe2")[0]))
    for wrong in (
        unsigned,
        unwitnessed,
        signed(replace(unsigned, log=str(merkle.signer("other").key))),
        signed(replace(unsigned, epoch=3, previous="a" * 64)),
        replace(FIRST, roster="a" * 64),
        signed(statement(cosigned(tree(8)), tree(6), seen=9)),
    ):
        with pytest.raises(EpochRefusedError):
            epochs.follow(trust.state, [wrong], versions=trust.versions, log_key=KEY)
    assert epochs.kept(trust.state) == ()


def test_requests_under_a_former_roster_end_at_the_break(trust: Trust) -> None:
    """Entries beyond it are logged again, under the roster in force."""
    roster_mark.keep(trust.state, roster_digest=ROSTER.digest(), size=9)
    follow(trust)
    assert roster_mark.find(trust.state, roster_digest=ROSTER.digest()) == 6
    roster_mark.lower(trust.state, size=7)
    assert roster_mark.find(trust.state, roster_digest=ROSTER.digest()) == 6


def test_damaged_statements_are_refused(trust: Trust) -> None:
    """Beside the checkpoint, and in a public file."""
    (trust.state.parent / "epochs.json").write_bytes(b"{}")
    with pytest.raises(FindingError):
        new(trust)
    with pytest.raises(EpochRefusedError):
        offline.parse(b"no json")
    with pytest.raises(EpochRefusedError, match="not known here"):
        offline.of(FIRST, [])


NEXT = next_roster()
SECOND = signed(statement(cosigned(in_epoch(tree(9, kept=6), FIRST)), tree(8, kept=6), seen=9, after=[FIRST]))
LATER = signed(
    statement(
        cosigned(in_epoch(tree(9, kept=6), FIRST)), tree(8, kept=6), seen=9, after=[FIRST], roster=NEXT
    ),
    roster=NEXT,
)
NEWER = cosigned(in_epoch(tree(9, kept=6), SECOND))


def lost(trust: Trust, *given: EpochStatement) -> list[list[tuple[int, int]]]:
    """Follow statements; return what each loses."""
    carried = epochs.follow(trust.state, given, versions=trust.versions, log_key=KEY)
    return [[(part.first, part.last) for part in each.lost] for each in carried]


@pytest.mark.parametrize("looks", [False, True], ids=["no-checkpoint-between", "a-checkpoint-between"])
def test_a_second_loss_is_followed(trust: Trust, looks: bool) -> None:
    """Whether or not the client saw a checkpoint of the epoch that ended; a custodian may sign before."""
    assert lost(trust, FIRST) == [[(6, 10)]]
    if looks:
        new(trust, cosigned(in_epoch(tree(9, kept=6), FIRST)))
    checked = epochs.check(trust.state, SECOND, versions=trust.versions, log_key=KEY)
    expected = [(8, 9)] if looks else []
    assert [(part.first, part.last) for part in checked.lost] == expected
    assert lost(trust, SECOND) == [expected]
    assert new(trust, NEWER) == 9
    aside = {path.name for path in trust.state.parent.glob("checkpoint.epoch-*")}
    assert aside == ({"checkpoint.epoch-1", "checkpoint.epoch-2"} if looks else {"checkpoint.epoch-1"})


def test_a_member_who_was_away_follows_all_at_once(trust: Trust) -> None:
    """From the public file; what was seen is kept by the epoch that it is of. A repeat changes nothing."""
    before = trust.state.read_bytes()
    with pytest.raises(EpochRefusedError, match="does not follow"):
        lost(trust, SECOND)
    assert lost(trust, FIRST, SECOND) == [[(6, 10)], []]
    assert trust.state.with_name("checkpoint.epoch-1").read_bytes() == before
    assert lost(trust, FIRST, SECOND) == lost(trust, FIRST) == []
    with pytest.raises(EpochRefusedError, match="already"):
        epochs.check(trust.state, SECOND, versions=trust.versions, log_key=KEY)
    assert new(trust, NEWER) == 9


def test_nothing_is_followed_if_one_is_refused(trust: Trust) -> None:
    """An unsigned second statement, one that hides entries, and another for an epoch that is followed."""
    new_one = statement(cosigned(in_epoch(tree(5), FIRST)), tree(3), seen=5, after=[FIRST])
    for given in ([FIRST, replace(SECOND, signatures=())], [FIRST, signed(new_one)]):
        with pytest.raises(EpochRefusedError):
            lost(trust, *given)
        assert epochs.kept(trust.state) == ()
    lost(trust, FIRST)
    other = signed(replace(FIRST, reason="another reason", signatures=()))
    with pytest.raises(EpochRefusedError, match="two statements for epoch 2"):
        lost(trust, other)
    assert epochs.kept(trust.state) == (FIRST,)


@pytest.mark.parametrize("seen", [False, True], ids=["a-new-member", "one-who-was-away"])
def test_statements_of_a_former_roster(tmp_path: Path, trust: Trust, seen: bool) -> None:
    """Those in force vouch for them: with a later statement, or with a checkpoint that they cosigned."""
    state = trust.state if seen else tmp_path / "new" / "checkpoint"
    state.parent.mkdir(exist_ok=True)
    own = replace(trust, versions=(ROSTER, NEXT), state=state)
    former = NEW.rpartition(b"\xe2")[0]
    for shown, why in (
        (None, "add --checkpoint"),
        (cosigned(tree(10)), "is not of epoch 2"),
        (NEWER, "is not of epoch 2"),
        (former, "does not vouch"),
    ):
        with pytest.raises(EpochRefusedError, match=why):
            epochs.follow(own.state, [FIRST], versions=own.versions, log_key=KEY, shown=shown)
    assert epochs.kept(own.state) == ()
    assert len(lost(own, FIRST, LATER)) == 2
    assert new(own, cosigned(in_epoch(tree(9, kept=6), LATER))) == 9


def test_a_checkpoint_in_force_vouches_for_the_only_statement(trust: Trust) -> None:
    """The roster changed after the loss: no later statement names it."""
    own = replace(trust, versions=(ROSTER, NEXT))
    assert epochs.follow(own.state, [FIRST], versions=own.versions, log_key=KEY, shown=NEW)
    assert new(own) == 8


def test_lost_statements_are_followed_again(trust: Trust) -> None:
    """With a checkpoint of the last epoch in the folder; another statement for that epoch is a fork."""
    lost(trust, FIRST, SECOND)
    new(trust, NEWER)
    (trust.state.parent / "epochs.json").unlink()
    with pytest.raises(EpochRefusedError, match="two statements for epoch 3"):
        lost(trust, FIRST, signed(replace(SECOND, reason="another reason", signatures=())))
    assert lost(trust, FIRST, SECOND) == [[], []]
    assert new(trust, NEWER) == 9
