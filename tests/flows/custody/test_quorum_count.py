"""Counts of records by who holds their shares.

The count itself is called: the worker and `doctor` make it, no method does.
"""

from dataclasses import replace

import pytest

from idvault.core.check import AilmentError
from idvault.custody.handover import acts as handover_acts
from idvault.custody.handover.acts import BETWEEN, Count, Holders
from idvault_verify import seal
from idvault_verify.attest.people.roster import Roster
from tools.support import people
from tools.support.people import NAMES

A, B, C = NAMES
D, E = "custodian-d", "custodian-e"


def _version(number: int, *names: str, also: tuple[str, ...] = ()) -> Roster:
    made = people.roster(version=number, names=names)
    return replace(made, people=(*made.people, *(people.roster_member(name) for name in also)))


FIRST = people.roster()
ONE = FIRST.quorums[0].id


def test_all_is_where_it_belongs() -> None:
    """All shares of a current quorum are PRESENT, whichever version introduced it."""
    found = handover_acts.count((FIRST, _version(2, *NAMES)), by_quorum={ONE: 5}, handed={})
    assert found == Count({("2", Holders.PRESENT): 5}, {})
    handover_acts.check_handed_over(found)


def test_a_leaver_who_is_named_is_waited_for() -> None:
    """Records of both quorums are counted, and the leaver who has yet to hand over is named."""
    second = _version(2, D, B, C, also=(A,))
    found = handover_acts.count((FIRST, second), by_quorum={ONE: 5, second.quorums[0].id: 2}, handed={})
    assert found.records == {("1", Holders.WAITING): 5, ("2", Holders.PRESENT): 2}
    with pytest.raises(AilmentError, match="5 of custodian-a"):
        handover_acts.check_handed_over(found)


def test_a_leaver_who_is_named_no_more_is_lost() -> None:
    """Only new verifications could repair this, so the doctor gives no advice."""
    found = handover_acts.count((FIRST, _version(2, D, B, C)), by_quorum={ONE: 5}, handed={})
    assert found == Count({("1", Holders.LOST): 5}, {})
    handover_acts.check_handed_over(found)


def test_in_between_the_holders_are_those_of_the_hand_over() -> None:
    """The second leaver handed over first, so only the first one is waited for."""
    second, third = _version(2, D, B, C, also=(A,)), _version(3, D, E, C, also=(A, B))
    last = third.quorums[0].id
    members = tuple((name, people.roster_member(name).hpke_public_key) for name in (A, E, C))
    between = seal.quorum_id(threshold=2, members=members)
    versions = (FIRST, second, third)
    found = handover_acts.count(versions, by_quorum={between: 7}, handed={between: (ONE, last, ONE)})
    assert found == Count({(BETWEEN, Holders.WAITING): 7}, {A: 7})


def test_a_quorum_that_ended_keeps_its_custodians() -> None:
    """They keep them while they are in the roster; otherwise, or for an unknown quorum, shares are LOST."""
    second = _version(2, *NAMES)
    renamed = replace(second, quorums=(replace(second.quorums[0], name="others", threshold=3),))
    assert handover_acts.count((FIRST, renamed), by_quorum={ONE: 1}, handed={}).records == {
        ("1", Holders.PRESENT): 1
    }
    gone = replace(renamed, people=renamed.people[1:])
    counted = handover_acts.count((FIRST, gone), by_quorum={ONE: 1, "0" * 64: 2}, handed={}).records
    assert counted == {("1", Holders.LOST): 1, (BETWEEN, Holders.LOST): 2}


def test_fewer_than_m_who_are_named_is_an_alarm() -> None:
    """If two left one after the other without handing over, they must be put back into the roster."""
    versions = (FIRST, _version(2, D, B, C), _version(3, D, E, C))
    found = handover_acts.count(versions, by_quorum={ONE: 5}, handed={})
    assert (found.records, found.leavers) == ({("1", Holders.LOST): 5}, {})
    with pytest.raises(AilmentError, match="missing are 5 of custodian-a, 5 of custodian-b"):
        handover_acts.check_handed_over(found)
    again = (*versions, _version(4, D, E, C, also=(A,)))
    with pytest.raises(AilmentError, match="wait to be handed over, 5 of custodian-a"):
        handover_acts.check_handed_over(handover_acts.count(again, by_quorum={ONE: 5}, handed={}))


def test_a_hand_over_that_was_ended_is_not_waited_for() -> None:
    """Its shares are LOST, until the custodians name another successor."""
    second = _version(2, D, B, C, also=(A,))
    ended = {(second.quorums[0].id, people.roster_member(A).actor_id)}
    found = handover_acts.count((FIRST, second), by_quorum={ONE: 5}, handed={}, ended=ended)
    assert found == Count({("1", Holders.LOST): 5}, {})
    handover_acts.check_handed_over(found)
    third = _version(3, E, B, C, also=(A,))
    again = handover_acts.count((FIRST, second, third), by_quorum={ONE: 5}, handed={}, ended=ended)
    assert again.leavers == {A: 5}
