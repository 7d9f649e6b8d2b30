"""Who takes whose place in a quorum."""

from dataclasses import replace

import pytest

from idvault_verify.attest import hpke, succession
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.succession import Succession, SuccessionError
from tools.support import people
from tools.support.people import NAMES

A, B, C = NAMES
D, E = "custodian-d", "custodian-e"
FIRST = people.roster()


def _version(number: int, *names: str, threshold: int = 2, also: tuple[str, ...] = (A, B)) -> Roster:
    made = people.roster(version=number, names=names, threshold=threshold)
    more = tuple(people.roster_member(name) for name in also if name not in names)
    return replace(made, people=(*made.people, *more))


def _find(*versions: Roster, leaver: str = A) -> tuple[Succession, ...]:
    return succession.find(versions, leaver=people.roster_member(leaver))


def test_who_has_the_place_now_is_the_successor() -> None:
    """Same quorum and place; the shares may be sealed under each version with the leaver there."""
    second = _version(2, D, B, C)
    (found,) = _find(FIRST, second)
    assert (found.successor, found.place) == (people.roster_member(D), 1)
    assert (found.quorum, found.former_ids) == (second.quorums[0], frozenset({FIRST.quorums[0].id}))


def test_everybody_else_has_nothing_to_hand_over() -> None:
    """A custodian who still holds the place, or never had one, hands nothing over."""
    second = _version(2, D, B, C)
    assert _find(FIRST, second, leaver=B) == ()
    assert _find(FIRST, second, leaver=D) == ()
    assert _find(FIRST, second, leaver=E) == ()
    assert _find(FIRST) == ()


def test_one_leaves_after_the_other() -> None:
    """The second leaver's shares may be sealed under both earlier versions; each has one successor."""
    versions = (FIRST, _version(2, D, B, C), _version(3, D, E, C))
    (found,) = _find(*versions, leaver=B)
    assert (found.place, found.successor.name) == (2, E)
    assert found.former_ids == {FIRST.quorums[0].id, versions[1].quorums[0].id}
    (late,) = _find(*versions, leaver=A)
    assert (late.place, late.successor.name, late.quorum) == (1, D, versions[2].quorums[0])


def test_a_successor_may_leave_too() -> None:
    """The custodian in force is the successor, both of the first and of the second leaver."""
    versions = (FIRST, _version(2, D, B, C), _version(3, E, B, C))
    assert [each.successor.name for each in _find(*versions, leaver=A)] == [E]
    (found,) = _find(*versions, leaver=D)
    assert (found.successor.name, found.former_ids) == (E, frozenset({versions[1].quorums[0].id}))


def test_a_quorum_of_another_shape_takes_no_shares() -> None:
    """M and N are fixed when a record is split, so they must be the same."""
    assert _find(FIRST, _version(2, D, B, C, E)) == ()
    assert _find(_version(1, A, B, C, E), _version(2, D, B, C, E, threshold=3)) == ()
    assert _find(_version(1, B, C, E, A), _version(2, B, C, E)) == ()


def test_another_quorum_stays_as_it_is() -> None:
    """A place in one quorum is unrelated to a place in another."""
    drills = replace(people.quorum(names=(A, E, C)), name="drills")
    first = replace(FIRST, people=(*FIRST.people, people.roster_member(E)), quorums=(*FIRST.quorums, drills))
    second = _version(2, D, B, C)
    second = replace(
        second, people=(*second.people, people.roster_member(E)), quorums=(*second.quorums, drills)
    )
    assert [each.quorum.name for each in _find(first, second)] == ["records"]


def test_nobody_comes_to_hold_two_shares_of_a_record() -> None:
    """A successor who had another place before, by name or key, is refused; so is a leaver of two places."""
    with pytest.raises(SuccessionError, match="custodian-a has held another place"):
        _find(FIRST, _version(2, D, B, C), _version(3, D, A, C), leaver=B)
    second = _version(2, D, B, C)
    third = _version(3, D, E, C)
    place = replace(people.roster_member(E), hpke_public_key=people.roster_member(A).hpke_public_key)
    quorum = replace(third.quorums[0], custodians=(people.roster_member(D), place, people.roster_member(C)))
    with pytest.raises(SuccessionError, match="custodian-e has held another place"):
        _find(FIRST, second, replace(third, quorums=(quorum,)), leaver=B)
    returned = (FIRST, second, _version(3, D, A, C), _version(4, D, E, C))
    with pytest.raises(SuccessionError, match="custodian-a has held more than one place"):
        _find(*returned, leaver=A)


def test_a_key_of_another_suite_takes_no_shares() -> None:
    """All shares of a record use one suite."""
    second = _version(2, D, B, C)
    successor = people.roster_member(D, suite=hpke.X25519)
    quorum = replace(second.quorums[0], custodians=(successor, *second.quorums[0].custodians[1:]))
    with pytest.raises(SuccessionError, match="another HPKE suite"):
        _find(FIRST, replace(second, quorums=(quorum,)))


def test_the_holders_of_a_record_are_a_quorum() -> None:
    """After a full hand-over it is the version's quorum; in between it is a mixed one."""
    second, third = _version(2, D, B, C), _version(3, D, E, C)
    known = {each.quorums[0].id: each.quorums[0] for each in (FIRST, second, third)}
    one, two, three = known
    assert succession.holders(known.__getitem__, quorum_ids=(one, one, one)).id == one
    assert succession.holders(known.__getitem__, quorum_ids=(two, one, one)).id == two
    assert succession.holders(known.__getitem__, quorum_ids=(three, three, one)).id == three
    between = succession.holders(known.__getitem__, quorum_ids=(one, three, one))
    assert [member.name for member in between.custodians] == [A, E, C]
    assert (between.threshold, between.id in known) == (2, False)
