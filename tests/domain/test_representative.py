"""The rules of an organisation's legal representative."""

from datetime import timedelta

import pytest

from idvault.account.rules import Facts, Slot
from idvault.claim import rules as claim_rules
from idvault.claim.representative import rules
from idvault.claim.representative.rules import AwaitedRepresentative
from idvault.claim.rules import Owner
from idvault.session import rules as session_rules
from idvault_verify.account import AccountState, Assurance, SubjectKind
from idvault_verify.claim import FailureReason
from idvault_verify.error import InvalidError, PreconditionError, Reason
from idvault_verify.organization import OrganizationCategory
from idvault_verify.registry import RegistryAnswer
from idvault_verify.session import Proof, SessionPurpose
from tools.support import builders
from tools.support.builders import NOW, TODAY

DIGEST, OTHER = b"d" * 32, b"o" * 32
AWAITED = AwaitedRepresentative(
    builders.TOKEN, "c" * 32, DIGEST, builders.PERSON, "e" * 32, OrganizationCategory.COMPANY, NOW
)


def test_a_match_waits_fourteen_days() -> None:
    """Until then, and not a moment longer."""
    assert rules.due_at(now=NOW) == NOW + timedelta(days=14)
    assert rules.check(awaited=AWAITED, now=NOW - timedelta(microseconds=1)) is AWAITED
    for awaited, now in ((AWAITED, NOW), (None, NOW)):
        with pytest.raises(PreconditionError) as refused:
            rules.check(awaited=awaited, now=now)
        assert refused.value.reason is Reason.ILLEGAL_TRANSITION


@pytest.mark.parametrize(
    ("digests", "told", "answer"),
    [
        ((DIGEST,), RegistryAnswer.MATCH, RegistryAnswer.MATCH),
        ((OTHER, DIGEST), RegistryAnswer.MATCH, RegistryAnswer.MATCH),
        ((OTHER,), RegistryAnswer.MATCH, RegistryAnswer.MISMATCH),
        ((DIGEST,), RegistryAnswer.MISMATCH, RegistryAnswer.MISMATCH),
        ((OTHER,), RegistryAnswer.MISMATCH, RegistryAnswer.MISMATCH),
    ],
)
def test_only_the_representatives_own_proof_counts(
    digests: tuple[bytes, ...], told: RegistryAnswer, answer: RegistryAnswer
) -> None:
    """Under any version of the key; a denied proof is as somebody else's."""
    assert rules.answer(awaited=AWAITED, digests=digests, told=told) is answer


def test_no_repr_shows_the_digest() -> None:
    """It is in no log."""
    assert repr(DIGEST) not in repr(AWAITED)


@pytest.mark.parametrize("proved", [Assurance.REGISTRY_MATCH, Assurance.HOLDER])
def test_nobody_represents_an_organization_that_ended(proved: Assurance) -> None:
    """A person who is there contradicts a notice of the end of a person, not of an organisation."""
    facts = Facts(Slot.TAKEN, person_closed=False, different_owner=False, ended=True)
    refused = claim_rules.confirm(facts=facts, proved=proved, kind=SubjectKind.ORGANIZATION)
    assert refused.failure_reason is FailureReason.ORGANIZATION_NOT_OPERATING
    person = claim_rules.confirm(facts=facts, proved=proved)
    assert person.succeeded is (proved is Assurance.HOLDER)


@pytest.mark.parametrize("state", [AccountState.REJECTED, AccountState.VERIFIED])
def test_a_represented_organization_has_both_facts(state: AccountState) -> None:
    """Its registry has matched, and its representative was there."""
    after = claim_rules.conclude(
        account=builders.account(state=state),
        outcome=claim_rules.decide(answer=RegistryAnswer.MATCH, kind=SubjectKind.ORGANIZATION),
        proved=Assurance.HOLDER,
        person_id=builders.PERSON,
        owner=Owner(SubjectKind.ORGANIZATION, OrganizationCategory.COMPANY),
        today=TODAY,
        valid_days=365,
    )
    assert after.assurances == {Assurance.REGISTRY_MATCH, Assurance.HOLDER}


def test_a_match_alone_is_no_guess() -> None:
    """Whoever had all four elements is not charged, and not verified."""
    pending = claim_rules.REPRESENTATIVE_PENDING
    assert not pending.succeeded
    assert not claim_rules.is_kept(outcome=pending)


@pytest.mark.parametrize(
    ("proof", "token", "field"),
    [
        (Proof.NUMBER_MATCH, builders.TOKEN, "proof"),
        (Proof.HOLDER, None, "account_token"),
        (Proof.HOLDER, builders.TOKEN, ""),
    ],
)
def test_a_representatives_session_is_a_proof_of_a_provider(
    proof: Proof, token: str | None, field: str
) -> None:
    """Of an account that is there."""
    purpose = SessionPurpose.REPRESENTATIVE

    def check() -> None:
        session_rules.check_purpose(purpose=purpose, account_token=token, invited=False, proof=proof)

    if not field:
        check()
        return
    with pytest.raises(InvalidError) as refused:
        check()
    assert [each.field for each in refused.value.violations] == [field]
