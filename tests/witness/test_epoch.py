"""A witness follows a statement of M custodians into a new epoch: once, durably, and never back."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from idvault.log.ports import Ahead, Cosigned, WitnessRefusedError
from idvault.processes.witness import cosigner
from idvault.processes.witness.cosigner import EpochNotFollowedError, StateError, WitnessState
from idvault.processes.witness.wire import OTHER_EPOCH
from idvault_verify.transparency import checkpoint, epoch
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.proof import prove_consistency
from tests.support.epoch_world import (
    LOG,
    ROSTER,
    DiskWitness,
    cosigned,
    in_epoch,
    leaves,
    next_roster,
    signed,
    statement,
    tree,
)
from tools.support import merkle
from tools.support.log_world import of

FIRST = signed(statement(cosigned(tree(10)), tree(6), seen=11))


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[DiskWitness]:
    made = DiskWitness(tmp_path / "w")
    yield made
    made.close()


async def ask(
    witness: DiskWitness, old: int, found: Checkpoint, entries: list[bytes]
) -> Cosigned | Ahead | int:
    """Submit an honest proof; return the answer, or the status of a refusal."""
    shown = entries[: found.size]
    proof = prove_consistency(merkle.reader(shown), old=old, new=found.size) if old < found.size else ()
    try:
        return await witness.add_checkpoint(old=old, proof=proof, note=checkpoint.sign(found, [LOG]))
    except WitnessRefusedError as error:
        return error.status


async def grown(witness: DiskWitness, size: int) -> None:
    assert isinstance(await ask(witness, 0, tree(size), leaves(size)), Cosigned)


async def test_the_log_goes_on_from_what_is_left(witness: DiskWitness) -> None:
    """After the statement the witness cosigns the new epoch, and refuses the former one."""
    await grown(witness, 10)
    anew = leaves(8, kept=6)
    new = in_epoch(tree(8, kept=6), FIRST)
    assert await ask(witness, 6, new, anew) == OTHER_EPOCH
    carried = witness.follow(FIRST)
    assert carried is not None
    assert (carried.checkpoint.size, [(part.first, part.last) for part in carried.lost]) == (6, [(6, 10)])
    assert await ask(witness, 8, new, anew) == Ahead(6)
    assert isinstance(await ask(witness, 6, new, anew), Cosigned)
    assert await ask(witness, 6, tree(12), leaves(12)) == OTHER_EPOCH


async def test_a_statement_is_followed_once(witness: DiskWitness) -> None:
    """A repeat does not set the witness back, after a restart either."""
    await grown(witness, 10)
    witness.follow(FIRST)
    new = in_epoch(tree(8, kept=6), FIRST)
    await ask(witness, 6, new, leaves(8, kept=6))
    witness.close()
    again = DiskWitness(witness.folder)
    assert again.follow(FIRST) is None
    assert again.state.latest(new.origin) == new
    again.close()
    assert (witness.folder / "epochs" / FIRST.digest()).read_bytes() == FIRST.to_bytes()
    witness.__post_init__()


async def test_a_witness_that_was_behind_the_break_stays_there(witness: DiskWitness) -> None:
    """It has lost nothing, and demands that the new epoch begins with what it has cosigned."""
    await grown(witness, 4)
    carried = witness.follow(FIRST)
    assert carried is not None
    assert (carried.checkpoint.size, carried.lost) == (4, ())
    fork = [b"other %d" % at for at in range(7)]
    other = in_epoch(of(fork), FIRST)
    assert await ask(witness, 4, other, fork) == 422


async def test_what_is_not_followed(witness: DiskWitness) -> None:
    """Too few signatures, another log, hidden entries, and a statement that skips one; the state stays."""
    await grown(witness, 12)
    unsigned = statement(cosigned(tree(10)), tree(6), seen=11)
    hidden = "hides what it lost"
    second = signed(statement(cosigned(in_epoch(tree(9), FIRST)), tree(8), seen=12, after=[FIRST]))
    for wrong, why in (
        (unsigned, "0 of its custodians signed"),
        (FIRST, hidden),
        (signed(replace(unsigned, former=cosigned(tree(12, kept=3)), seen=12)), "had forked before"),
        (second, "follows epoch 1"),
    ):
        with pytest.raises(EpochNotFollowedError, match=why):
            witness.follow(wrong)
    with pytest.raises(EpochNotFollowedError, match="does not know"):
        cosigner.follow_epochs(witness.state, [FIRST], keys=[merkle.signer("other").key], versions=[ROSTER])
    with pytest.raises(EpochNotFollowedError, match="than those at hand"):
        witness.follow(FIRST, versions=[replace(ROSTER, version=2)])
    assert witness.state.latest(FIRST.log.partition("+")[0]) == tree(12)
    assert epoch.of(witness.state.latest(LOG.key.name)).number == 1


NEXT = next_roster()
SECOND = signed(statement(cosigned(in_epoch(tree(9, kept=6), FIRST)), tree(8, kept=6), seen=9, after=[FIRST]))
LATER = signed(
    statement(
        cosigned(in_epoch(tree(9, kept=6), FIRST)), tree(8, kept=6), seen=9, after=[FIRST], roster=NEXT
    ),
    roster=NEXT,
)


async def test_a_witness_that_was_away_follows_all_at_once(witness: DiskWitness) -> None:
    """As one that followed each: what is left of both losses, and every statement is kept."""
    await grown(witness, 10)
    carried = witness.follow(FIRST, SECOND)
    assert carried is not None
    assert (carried.checkpoint, [(part.first, part.last) for part in carried.lost]) == (
        in_epoch(tree(6), SECOND),
        [(6, 10)],
    )
    assert witness.follow(FIRST, SECOND) is None
    assert witness.follow(FIRST) is None
    kept = {path.name for path in (witness.folder / "epochs").iterdir()}
    assert kept == {FIRST.digest(), SECOND.digest()}
    new = in_epoch(tree(9, kept=6), SECOND)
    # It has not seen the two entries that the second statement leaves besides.
    assert await ask(witness, 6, new, leaves(9, kept=6)) == Ahead(8)
    assert isinstance(await ask(witness, 8, new, leaves(9, kept=6)), Cosigned)


async def test_a_statement_of_a_former_roster_needs_one_of_the_version_in_force(witness: DiskWitness) -> None:
    """Custodians who were replaced begin no epoch; those in force vouch for what was signed before."""
    await grown(witness, 10)
    versions = (ROSTER, NEXT)
    for given in ([FIRST], [FIRST, SECOND]):
        with pytest.raises(EpochNotFollowedError, match="former version of the roster"):
            witness.follow(*given, versions=versions)
    assert epoch.of(witness.state.latest(FIRST.log.partition("+")[0])).number == 1
    assert witness.follow(FIRST, LATER, versions=versions) is not None
    assert epoch.of(witness.state.latest(FIRST.log.partition("+")[0])) == epoch.Epoch(3, LATER.digest())


async def test_two_statements_for_one_epoch_are_a_fork(witness: DiskWitness) -> None:
    """In one file, or one against that which was followed; the second of a chain hides nothing either."""
    await grown(witness, 10)
    other = signed(replace(FIRST, reason="another reason", signatures=()))
    after = signed(replace(SECOND, previous=other.digest(), signatures=()))
    for given in ([FIRST, other], [FIRST, after], [SECOND], [FIRST, replace(SECOND, signatures=())]):
        with pytest.raises(EpochNotFollowedError):
            witness.follow(*given)
    assert epoch.of(witness.state.latest(FIRST.log.partition("+")[0])).number == 1
    witness.follow(FIRST)
    for given in ([other], [other, after]):
        with pytest.raises(EpochNotFollowedError, match="two statements for epoch 2"):
            witness.follow(*given)
    with pytest.raises(EpochNotFollowedError, match="does not know"):
        witness.follow()


async def test_the_second_statement_of_a_chain_hides_nothing(witness: DiskWitness) -> None:
    """A witness that cosigned more in the second epoch than the third statement admits refuses it."""
    await grown(witness, 10)
    witness.follow(FIRST)
    await ask(witness, 6, in_epoch(tree(12, kept=6), FIRST), leaves(12, kept=6))
    with pytest.raises(EpochNotFollowedError, match="hides what it lost"):
        witness.follow(FIRST, SECOND)


@pytest.mark.parametrize("size", [0, 1, 4, 5])
async def test_a_witness_of_fewer_entries_demands_what_is_left(witness: DiskWitness, size: int) -> None:
    """The attack: the log goes on with other entries than the custodians signed for.

    A new witness, or one that was away, has seen nothing that contradicts them. It asks for both proofs.
    """
    if size:
        await grown(witness, size)
    witness.follow(FIRST)
    forked = leaves(8, kept=size)
    other = in_epoch(tree(8, kept=size), FIRST)
    first = Ahead(size or 6)
    assert await ask(witness, 8, other, forked) == first
    for _ in range(3):
        assert await ask(witness, size, other, forked) == Ahead(6)
        assert await ask(witness, 6, other, forked) == 422
    assert witness.state.latest(other.origin).size == size
    # Fewer entries than are left, which all are the first of them, and as many that are others.
    short = in_epoch(tree(5), FIRST)
    assert await ask(witness, size, short, leaves(5)) == 422
    same = in_epoch(tree(6, kept=size), FIRST)
    assert await ask(witness, 6, same, leaves(6, kept=size)) == 409
    assert len(list((witness.folder / "forks").iterdir())) == 1
    # The true log, with the proofs in either order, also after a restart.
    new, anew = in_epoch(tree(8, kept=6), FIRST), leaves(8, kept=6)
    if size:
        assert await ask(witness, 6, new, anew) == Ahead(size)
        witness.close()
        witness.__post_init__()
        assert await ask(witness, size, new, anew) == Ahead(6)
    assert isinstance(await ask(witness, 6, new, anew), Cosigned)
    assert await ask(witness, 6, new, anew) == Ahead(8)
    assert isinstance(await ask(witness, 8, new, anew), Cosigned)


async def test_proofs_are_of_one_checkpoint(witness: DiskWitness) -> None:
    """A proof of one checkpoint does not count for another: each needs all of them."""
    await grown(witness, 4)
    witness.follow(FIRST)
    true, forked = in_epoch(tree(8, kept=6), FIRST), in_epoch(tree(8, kept=4), FIRST)
    assert await ask(witness, 4, forked, leaves(8, kept=4)) == Ahead(6)
    assert await ask(witness, 6, true, leaves(8, kept=6)) == Ahead(4)
    assert await ask(witness, 6, forked, leaves(8, kept=4)) == 422
    assert witness.state.latest(true.origin).size == 4


async def test_what_each_of_several_statements_left_is_demanded(witness: DiskWitness) -> None:
    """Before it cosigns for the first time, the newest checkpoint continues all of them."""
    await grown(witness, 4)
    witness.follow(FIRST, SECOND)
    new, anew = in_epoch(tree(9, kept=6), SECOND), leaves(9, kept=6)
    assert await ask(witness, 9, new, anew) == Ahead(4)
    assert await ask(witness, 4, new, anew) == Ahead(6)
    assert await ask(witness, 6, new, anew) == Ahead(8)
    assert isinstance(await ask(witness, 8, new, anew), Cosigned)


async def test_a_statement_whose_last_checkpoint_nobody_cosigned(witness: DiskWitness) -> None:
    """The log's key alone has signed it: it may be of a log that nobody has seen."""
    await grown(witness, 4)
    alone = signed(statement(checkpoint.sign(tree(10), [LOG]), tree(6), seen=11))
    with pytest.raises(EpochNotFollowedError, match="0 of 1 witnesses cosigned"):
        witness.follow(alone)
    differing = signed(statement(cosigned(tree(10)), tree(10, kept=8), seen=11))
    with pytest.raises(EpochNotFollowedError, match="two different histories of 10"):
        witness.follow(differing)
    await grown_to(witness, 6)
    with pytest.raises(EpochNotFollowedError, match="calls 6 other entries left"):
        witness.follow(signed(statement(cosigned(tree(10)), tree(6, kept=5), seen=11)))


async def grown_to(witness: DiskWitness, size: int) -> None:
    assert isinstance(await ask(witness, 4, tree(size), leaves(size)), Cosigned)


async def test_a_statement_that_is_gone_stops_the_start(witness: DiskWitness) -> None:
    """Without it the witness does not know what the log has to begin with."""
    witness.follow(FIRST)
    witness.close()
    path = witness.folder / "epochs" / FIRST.digest()
    for damaged in (b"{}", None):
        path.unlink() if damaged is None else path.write_bytes(damaged)
        with pytest.raises(StateError, match="missing or damaged"):
            WitnessState(witness.folder)
        with pytest.raises(StateError, match="missing or damaged"):
            cosigner.examine_state(witness.folder)
    path.write_bytes(FIRST.to_bytes())
    cosigner.examine_state(witness.folder)
    witness.__post_init__()
