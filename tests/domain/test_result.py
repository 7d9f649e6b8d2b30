"""A person without a name: what a claim decides, and which proofs a platform accepts."""

from datetime import date
from itertools import combinations

import pytest

from idvault.claim import rules as claim_rules
from idvault.claim.rules import ClaimOutcome, Owner
from idvault.platform import rules as platform_rules
from idvault.session import rules as session_rules
from idvault_verify.account import Assurance, MinimumAssurance, SubjectKind, summary
from idvault_verify.claim import ClaimState, FailureReason, OpaqueIdentity
from idvault_verify.error import FieldCode, InvalidError, PreconditionError, Reason, Violation
from idvault_verify.session import ACCEPTED, REVIEWS, Proof, SessionPurpose
from tools.support import builders

OPAQUE = OpaqueIdentity("https://provider.example", "A" * 43)
REVIEWED = frozenset({Assurance.DOCUMENT_SEEN})
RESULT, MATCH = frozenset({Assurance.RESULT_ONLY}), frozenset({Assurance.REGISTRY_MATCH})


def test_a_person_without_a_name_owns_an_account() -> None:
    """A person and no organisation; not shown by accident."""
    assert claim_rules.owner(identity=OPAQUE) == Owner(SubjectKind.INDIVIDUAL)
    assert OPAQUE.opaque_id not in repr(OPAQUE)


@pytest.mark.parametrize(
    ("owned", "assurances", "proved", "expected"),
    [
        (True, RESULT, Assurance.RESULT_ONLY, False),
        (True, RESULT, Assurance.REGISTRY_MATCH, True),
        (True, RESULT, Assurance.HOLDER, True),
        (True, MATCH, Assurance.RESULT_ONLY, True),
        (True, MATCH, Assurance.HOLDER, False),
        (True, REVIEWED, Assurance.DOCUMENT_SEEN, False),
        (True, REVIEWED, Assurance.HOLDER, True),
        (True, REVIEWED, Assurance.RESULT_ONLY, True),
        (True, RESULT, Assurance.DOCUMENT_SEEN, True),
        (True, MATCH, Assurance.DOCUMENT_SEEN, True),
        (True, frozenset(), Assurance.RESULT_ONLY, True),
        (False, frozenset(), Assurance.RESULT_ONLY, False),
        (False, frozenset(), Assurance.REGISTRY_MATCH, False),
    ],
)
def test_which_proof_renews_which_account(
    *, owned: bool, assurances: frozenset[Assurance], proved: Assurance, expected: bool
) -> None:
    """Number and id are two persons; an account that nobody owns is open to both."""
    account = builders.account(assurances=assurances, person_id=builders.PERSON if owned else None)
    assert claim_rules.is_other_proof(account=account, proved=proved) is expected


def test_another_proof_is_said_before_another_owner() -> None:
    """The person is always another one then, and learns what to do instead."""
    facts = builders.facts(different_owner=True, other_proof=True, person_closed=True)
    assert claim_rules.confirm(facts=facts).failure_reason is FailureReason.OTHER_PROOF


def test_an_id_proves_no_presence_and_no_name() -> None:
    """It meets no minimum but the one that anything meets, and callers of before read NONE."""
    assert not claim_rules.is_holder(proved=Assurance.RESULT_ONLY)
    assert [each.holds(RESULT) for each in MinimumAssurance] == [True, False, False]
    assert summary(RESULT) is Assurance.NONE
    facts = builders.facts(ended=True)
    assert claim_rules.confirm(facts=facts, proved=Assurance.RESULT_ONLY).failure_reason is not None


def test_a_platform_accepts_proofs_of_one_kind() -> None:
    """Both only if it says that one human may be two persons there; without a word those by number."""
    by_number, every = {Proof.NUMBER_MATCH, Proof.HOLDER}, [each for each in Proof if each not in REVIEWS]
    assert by_number == ACCEPTED
    for count in range(1, len(every) + 1):
        for chosen in combinations(every, count):
            mixed = Proof.RESULT_ONLY in chosen and count > 1
            found = platform_rules.check_proofs(proofs=chosen, separate_persons=True)
            assert found == frozenset(chosen)
            if not mixed:
                assert platform_rules.check_proofs(proofs=chosen, separate_persons=False) == found
                continue
            with pytest.raises(InvalidError) as refused:
                platform_rules.check_proofs(proofs=chosen, separate_persons=False)
            assert [each.code for each in refused.value.violations] == [FieldCode.CHARACTER]
    with pytest.raises(InvalidError) as nothing:
        platform_rules.check_proofs(proofs=(), separate_persons=True)
    assert [each.code for each in nothing.value.violations] == [FieldCode.REQUIRED]


@pytest.mark.parametrize("proof", [Proof.ONE_REVIEWER, Proof.TWO_REVIEWERS])
def test_a_platform_says_how_many_reviewers_it_demands(proof: Proof) -> None:
    """One of two words, which are of a kind of their own; without one no document is reviewed."""
    assert platform_rules.check_proofs(proofs=[proof], separate_persons=False) == {proof}
    assert platform_rules.reviewers(accepted={proof}) == (1 if proof is Proof.ONE_REVIEWER else 2)
    for other in (Proof.NUMBER_MATCH, Proof.HOLDER, Proof.RESULT_ONLY):
        with pytest.raises(InvalidError):
            platform_rules.check_proofs(proofs=[proof, other], separate_persons=False)
        both = platform_rules.check_proofs(proofs=[proof, other], separate_persons=True)
        assert platform_rules.reviewers(accepted=both) == platform_rules.reviewers(accepted={proof})
    for separate in (False, True):
        with pytest.raises(InvalidError) as refused:
            platform_rules.check_proofs(proofs=REVIEWS, separate_persons=separate)
        assert [each.code for each in refused.value.violations] == [FieldCode.LENGTH]
    with pytest.raises(PreconditionError) as none:
        platform_rules.reviewers(accepted=ACCEPTED)
    assert none.value.reason is Reason.PROOF_NOT_OFFERED


def test_what_a_platform_does_not_accept_is_not_offered() -> None:
    """In the words of a deployment that has no provider."""
    platform_rules.check_accepted(proof=Proof.HOLDER, accepted=ACCEPTED)
    with pytest.raises(PreconditionError) as refused:
        platform_rules.check_accepted(proof=Proof.RESULT_ONLY, accepted=ACCEPTED)
    assert refused.value.reason is Reason.PROOF_NOT_OFFERED


def test_what_is_typed_for_which_proof() -> None:
    """Name and number for a HOLDER, nothing for an id: neither passes for the other."""
    every = ["real_name", "guardian", "former_document"]
    sign_up = SessionPurpose.SIGN_UP
    session_rules.check_typed(purpose=sign_up, proof=Proof.HOLDER, typed=["real_name"])
    session_rules.check_typed(purpose=sign_up, proof=Proof.HOLDER, typed=every)
    session_rules.check_typed(purpose=sign_up, proof=Proof.RESULT_ONLY, typed=[])
    for proof, typed, reason, fields in (
        (Proof.HOLDER, [], Reason.UNSUPPORTED_DOCUMENT, ["document.type"]),
        (Proof.HOLDER, every[1:], Reason.UNSUPPORTED_DOCUMENT, ["document.type"]),
        *((Proof.RESULT_ONLY, [one], Reason.INVALID_MESSAGE, [one]) for one in every),
        (Proof.RESULT_ONLY, every, Reason.INVALID_MESSAGE, every),
    ):
        with pytest.raises(InvalidError) as refused:
            session_rules.check_typed(purpose=sign_up, proof=proof, typed=typed)
        assert refused.value.reason is reason
        assert [each.field for each in refused.value.violations] == fields


def test_a_representative_has_no_former_number() -> None:
    """None of his accounts takes part, so nothing would count together."""
    his = SessionPurpose.REPRESENTATIVE
    session_rules.check_typed(purpose=his, proof=Proof.HOLDER, typed=["real_name"])
    with pytest.raises(InvalidError) as refused:
        session_rules.check_typed(purpose=his, proof=Proof.HOLDER, typed=["real_name", "former_document"])
    assert refused.value.violations == (Violation("former_document", FieldCode.CHARACTER),)


def test_a_person_without_a_number_is_no_child_here() -> None:
    """The vault cannot know an age: no adult is asked for, on any day."""
    assert not claim_rules.is_under_age(identity=OPAQUE, today=date(2026, 3, 1))
    for outcome in (ClaimOutcome(ClaimState.SUCCEEDED), ClaimOutcome(ClaimState.FAILED)):
        for guarded in (False, True):
            assert not claim_rules.lacks_guardian(
                outcome=outcome, identity=OPAQUE, guarded=guarded, today=date(2026, 3, 1)
            )


def test_an_organisation_does_not_take_over_an_account_without_a_name() -> None:
    """It is told of the other proof, also if a notice ended it."""
    facts = builders.facts(different_owner=True, other_proof=True, ended=True)
    found = claim_rules.confirm(facts=facts, proved=Assurance.HOLDER, kind=SubjectKind.ORGANIZATION)
    assert found.failure_reason is FailureReason.OTHER_PROOF
