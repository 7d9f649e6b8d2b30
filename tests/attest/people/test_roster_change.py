"""Allowed and forbidden changes of a quorum in a later roster version."""

from dataclasses import replace

import pytest

from idvault_verify.attest.people import roster_signature
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.people.roster_member import RosterMember
from idvault_verify.attest.people.roster_signature import RosterSignatureError
from idvault_verify.attest.reading import RosterError
from tools.support import people
from tools.support.people import NAMES, signed

A, B, C = NAMES
D = "custodian-d"


def _second(*names: str, threshold: int = 2, also: tuple[str, ...] = ()) -> Roster:
    """Return a second version; also: custodians who stay in the roster outside the quorum."""
    made = people.roster(version=2, names=names, threshold=threshold)
    return replace(made, people=(*made.people, *(people.roster_member(name) for name in also)))


def _verify(second: Roster, *signers: str, first: Roster | None = None) -> None:
    roster_signature.verify(signed(second, *signers), previous=first or people.roster())


def test_a_custodian_who_hands_over_stays_named_and_has_no_say() -> None:
    """The leaver is still in the roster but cannot sign the replacement."""
    second = _second(D, B, C, also=(A,))
    _verify(second, B, C)
    _verify(second, A, B, C)
    with pytest.raises(RosterSignatureError, match="1 of its custodians signed, 2 are needed"):
        _verify(second, A, B)


def test_a_new_hpke_key_is_not_vouched_for_by_its_owner() -> None:
    """The same name with a new key for shares counts as a new member."""
    second = _second(A, B, C)
    changed = replace(second.people[0], hpke_public_key=people.roster_member(D).hpke_public_key)
    custodians = (changed, *second.quorums[0].custodians[1:])
    second = replace(
        second,
        people=(changed, *second.people[1:]),
        quorums=(replace(second.quorums[0], custodians=custodians),),
    )
    with pytest.raises(RosterSignatureError, match="1 of its custodians signed, 2 are needed"):
        _verify(second, A, B)
    _verify(second, B, C)


def test_more_than_the_others_can_open_cannot_be_replaced_at_once() -> None:
    """With two of three replaced nobody is left to sign: M custodians always stay."""
    with pytest.raises(RosterSignatureError, match="1 of its custodians signed, 2 are needed"):
        _verify(_second(D, "custodian-e", C, also=(A, B)), A, B, C)


def test_the_threshold_is_never_lowered() -> None:
    """Even with all signatures it cannot be lowered under the same name; raising it is allowed."""
    names = (A, B, C, D)
    first = people.roster(names=names, threshold=3)
    with pytest.raises(RosterError, match="threshold 2 is less than 3"):
        _verify(_second(*names, threshold=2), *names, first=first)
    _verify(_second(*names, threshold=3), A, B, C, first=people.roster(names=names, threshold=2))


@pytest.mark.parametrize("names", [(B, C, D), (B, A, C), (D, A, C)])
def test_who_stays_keeps_the_place(names: tuple[str, ...]) -> None:
    """A custodian who moved could get a second share of the same record."""
    with pytest.raises(RosterError, match="must stay in place"):
        roster_signature.check_follows(_second(*names), previous=people.roster())


def test_a_key_under_another_name_keeps_the_place_too() -> None:
    """The key counts, not the name."""

    def renamed(member: RosterMember) -> RosterMember:
        return replace(member, name="custodian-z") if member.name == A else member

    moved = _second(D, A, C)
    everybody = tuple(map(renamed, moved.people))
    quorum = replace(moved.quorums[0], custodians=tuple(map(renamed, moved.quorums[0].custodians)))
    with pytest.raises(RosterError, match="custodian-a must stay in place 1"):
        roster_signature.check_follows(
            replace(moved, people=everybody, quorums=(quorum,)), previous=people.roster()
        )


def test_a_quorum_grows_at_its_end_and_gives_way_to_another() -> None:
    """A quorum may grow by a place at the end; a different shape needs a new name."""
    _verify(_second(A, B, C, D), A, B)
    second = _second(C, D, A)
    renamed = replace(second, quorums=(replace(second.quorums[0], name="records-2"),))
    _verify(renamed, A, C)
