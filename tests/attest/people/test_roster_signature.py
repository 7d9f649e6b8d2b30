"""The required signatures of a roster."""

from dataclasses import replace

import pytest

from idvault_verify.attest.people import roster_signature
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.people.roster_signature import RosterSignatureError
from idvault_verify.attest.reading import RosterError
from tools.support import people
from tools.support.people import NAMES, signed

A, B, C = NAMES
REPLACED = ("custodian-d", B, C)


def _first() -> Roster:
    return signed(people.roster(), *NAMES)


def test_the_first_version_needs_every_custodian() -> None:
    """All N must sign the first version; N - 1 are not enough."""
    roster_signature.verify(_first(), previous=None)
    with pytest.raises(RosterSignatureError, match="2 of its custodians signed, 3 are needed"):
        roster_signature.verify(signed(people.roster(), A, B), previous=None)


def test_a_later_version_needs_m_of_the_version_before() -> None:
    """Two of three are enough, one is not."""
    second = people.roster(version=2)
    roster_signature.verify(signed(second, A, C), previous=_first())
    with pytest.raises(RosterSignatureError, match="1 of its custodians signed, 2 are needed"):
        roster_signature.verify(signed(second, A), previous=_first())


def test_a_custodian_is_replaced_by_the_others() -> None:
    """The two who stay sign; neither the leaver nor the newcomer counts."""
    second = people.roster(version=2, names=REPLACED)
    roster_signature.verify(signed(second, B, C), previous=_first())
    gone = signed(people.roster(version=2, names=REPLACED), B)
    theirs = people.signer(A).sign(second.canonical())
    with pytest.raises(RosterSignatureError, match="1 of its custodians signed, 2 are needed"):
        roster_signature.verify(gone.with_signature(A, theirs), previous=_first())
    with pytest.raises(RosterSignatureError, match="custodian-d signed but is not a custodian of a quorum"):
        roster_signature.verify(signed(second, B, C, "custodian-d"), previous=_first())


def test_a_new_key_is_not_vouched_for_by_the_old_one() -> None:
    """A custodian who changes the signing key does not count as a signer."""
    second = people.roster(version=2)
    changed = replace(second.people[0], ed25519=people.signer("another").public_key().public_bytes_raw())
    custodians = (changed, *second.quorums[0].custodians[1:])
    second = replace(
        second,
        people=(changed, *second.people[1:]),
        quorums=(replace(second.quorums[0], custodians=custodians),),
    )
    theirs = people.signer(A).sign(second.canonical())
    with pytest.raises(RosterSignatureError, match="1 of its custodians signed"):
        roster_signature.verify(signed(second, B).with_signature(A, theirs), previous=_first())
    roster_signature.verify(signed(second, B, C), previous=_first())


def test_every_quorum_must_agree() -> None:
    """With two quorums, M of each must sign."""
    others = ("custodian-x", "custodian-y", "custodian-z")
    plain = people.roster()
    more = replace(people.quorum(names=others), name="drills")
    first = replace(plain, people=(*plain.people, *more.custodians), quorums=(*plain.quorums, more))
    roster_signature.verify(signed(first, *NAMES, *others), previous=None)
    second = replace(first, version=2)
    with pytest.raises(RosterSignatureError, match="quorum drills: 0 of its custodians"):
        roster_signature.verify(signed(second, *NAMES), previous=first)
    roster_signature.verify(signed(second, A, B, *others[:2]), previous=first)


@pytest.mark.parametrize(("version", "previous"), [(2, None), (1, 1), (3, 1)])
def test_versions_follow_each_other(version: int, previous: int | None) -> None:
    """The first version is 1, and each next one adds 1: no gaps, no rollback."""
    before = people.roster(version=previous) if previous else None
    with pytest.raises(RosterError, match="was expected"):
        roster_signature.verify(signed(people.roster(version=version), *NAMES), previous=before)


def test_a_roster_does_not_become_one_for_development() -> None:
    """The looser rules of development cannot be introduced later; leaving them is allowed."""
    loose = signed(people.roster(version=2, development=True), *NAMES)
    with pytest.raises(RosterError, match="development"):
        roster_signature.verify(loose, previous=_first())
    before = people.roster(development=True)
    roster_signature.verify(signed(people.roster(version=2), A, B), previous=before)
    roster_signature.verify(signed(people.roster(version=2, development=True), A, B), previous=before)


def test_one_wrong_signature_makes_the_file_invalid() -> None:
    """A wrong signature is reported even if the others would be enough."""
    second = signed(people.roster(version=2), A, B)
    with pytest.raises(RosterSignatureError, match="signature of custodian-c does not verify"):
        roster_signature.verify(second.with_signature(C, bytes(64)), previous=_first())


def test_a_signature_covers_every_change() -> None:
    """A signed roster that is changed does not verify."""
    changed = replace(_first(), development=True)
    with pytest.raises(RosterSignatureError, match="does not verify"):
        roster_signature.verify(changed, previous=None)


def test_others_than_custodians_have_no_signature_to_give() -> None:
    """An auditor's signature makes the file invalid instead of being ignored."""
    with pytest.raises(RosterSignatureError, match="auditor-a signed"):
        roster_signature.verify(signed(_first(), "auditor-a"), previous=None)


def test_signing_again_replaces_and_another_key_is_refused() -> None:
    """A new signature replaces the member's old one; another key, or a stranger, cannot sign."""
    assert signed(_first(), A).signatures[-1].name == A
    assert len(signed(_first(), A).signatures) == 3
    with pytest.raises(RosterSignatureError, match="custodian-a does not verify"):
        roster_signature.sign(people.roster(), name=A, signer=people.signer(B).sign)
    with pytest.raises(RosterError, match="'nobody'"):
        roster_signature.sign(people.roster(), name="nobody", signer=people.signer(B).sign)


def test_signatures_may_be_in_order_and_too_few() -> None:
    """While a roster is being signed, one of three signatures is accepted, a wrong one is not."""
    roster_signature.check_signatures(signed(people.roster(), A), previous=None)
    with pytest.raises(RosterSignatureError, match="custodian-a does not verify"):
        roster_signature.check_signatures(people.roster().with_signature(A, bytes(64)), previous=None)
