"""The rules of a claim."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idvault.account import rules as account_rules
from idvault.account.rules import Slot
from idvault.claim import rules as claim_rules
from idvault.claim.rules import ClaimOutcome, ClaimRules, Owner, Representative
from idvault_verify import claim as verify_claim
from idvault_verify import document
from idvault_verify.account import (
    NO_ASSURANCE,
    Account,
    AccountState,
    Assurance,
    Standing,
    SubjectKind,
)
from idvault_verify.claim import ClaimState, FailureReason, Identity
from idvault_verify.document import Document, DocumentType
from idvault_verify.error import FieldCode, InvalidError, PreconditionError, Reason, Violation
from idvault_verify.organization import OrganizationCategory
from idvault_verify.registry import DECIDED, RegistryAnswer
from tools.support import builders, organizations
from tools.support.builders import NOW, TODAY

CREDIT = DocumentType.UNIFIED_SOCIAL_CREDIT_CODE
PERSON = Owner(SubjectKind.INDIVIDUAL)
RULES = ClaimRules(32, frozenset({DocumentType.RESIDENT_ID}), builders.ZONE)
SUCCESS = ClaimOutcome(ClaimState.SUCCEEDED)
MISMATCH = ClaimOutcome(ClaimState.FAILED, FailureReason.MISMATCH)


def _check(name: str, number: str, kind: DocumentType = DocumentType.RESIDENT_ID) -> verify_claim.Identity:
    return claim_rules.check_identity(
        real_name=name, document_type=kind, number=number, rules=RULES, today=TODAY
    )


def _born(day: str, kind: DocumentType = DocumentType.RESIDENT_ID) -> Identity:
    body = f"110105{day}002"
    return Identity("某", Document(kind, body + document.resident_check_character(body=body)))


def _foreign(number: str) -> Identity:
    return Identity("某", Document(DocumentType.FOREIGN_PERMANENT_RESIDENT, number))


@pytest.mark.parametrize(
    ("who", "is_under_age"),
    [
        (_born("20120302"), True),
        (_born("20120301"), False),
        (_born("20260301"), True),
        (_born("19491231"), False),
        (_born("20200101", DocumentType.RESIDENCE_PERMIT), True),
        (_foreign("KAZ110118123100"), True),
        (_foreign("KAZ110190123100"), False),
        (_foreign("KAZ110190999900"), False),
        (organizations.organization(), False),
    ],
)
def test_who_is_under_age(who: Identity, is_under_age: bool) -> None:
    """Until the fourteenth birthday, by the day in the number; the tests' today is 2026-03-01."""
    assert claim_rules.is_under_age(identity=who, today=TODAY) is is_under_age
    for guarded in (False, True):
        lacks: dict[str, Any] = {"identity": who, "guarded": guarded, "today": TODAY}
        assert claim_rules.lacks_guardian(outcome=SUCCESS, **lacks) is (is_under_age and not guarded)
        assert not claim_rules.lacks_guardian(outcome=MISMATCH, **lacks)


def test_a_birthday_on_the_29th_of_february() -> None:
    """In a year without one the day after the 28th counts."""
    who = _born("20120229")
    assert claim_rules.is_under_age(identity=who, today=date(2026, 2, 28))
    assert not claim_rules.is_under_age(identity=who, today=date(2026, 3, 1))


def test_who_may_stand_beside_a_child() -> None:
    """Another person of eighteen years; a number without a day of birth is no adult's."""
    child = _born("20160105")
    claim_rules.check_guardian(guardian=_born("20080301"), child=child, today=TODAY)
    for wrong in (_born("20080302"), child, _foreign("KAZ110190999900")):
        with pytest.raises(InvalidError) as caught:
            claim_rules.check_guardian(guardian=wrong, child=child, today=TODAY)
        assert caught.value.violations == (Violation("guardian.document.number", FieldCode.BIRTH_DATE),)
    with pytest.raises(InvalidError):
        claim_rules.check_guardian(guardian=_born("19900101"), child=_born("19900101"), today=TODAY)


def test_identity_is_normalised() -> None:
    """A valid name and number are returned in the normal form that is sealed and compared."""
    identity = _check(f" {builders.NAME} ", "１１００００１９０１０１０１０００１")
    assert (identity.name, identity.document.number) == (builders.NAME, builders.NUMBER)


def test_every_wrong_field_is_named_at_once() -> None:
    """One call reports all invalid fields; the reason is that of the first one."""
    with pytest.raises(InvalidError) as caught:
        _check("", "110000190101010002")
    assert caught.value.reason is Reason.INVALID_NAME
    assert caught.value.violations == (
        Violation("real_name", FieldCode.REQUIRED),
        Violation("document.number", FieldCode.CHECK_DIGIT),
    )


def test_a_wrong_name_alone_is_named_alone() -> None:
    """If only the name is invalid, only the name is reported."""
    with pytest.raises(InvalidError) as caught:
        _check("", builders.NUMBER)
    assert [violation.field for violation in caught.value.violations] == ["real_name"]


def test_a_document_that_the_registry_cannot_check_is_unsupported() -> None:
    """The accepted document types are configuration."""
    with pytest.raises(InvalidError) as caught:
        _check(builders.NAME, builders.NUMBER, DocumentType.RESIDENCE_PERMIT)
    assert caught.value.reason is Reason.UNSUPPORTED_DOCUMENT


def test_an_identity_never_shows_itself() -> None:
    """repr contains no name and no number."""
    shown = repr(builders.identity())
    assert builders.NAME not in shown
    assert builders.NUMBER not in shown


@pytest.mark.parametrize(
    ("version", "agreed", "field", "code"),
    [
        ("", NOW, "consent.policy_version", FieldCode.REQUIRED),
        ("v" * 65, NOW, "consent.policy_version", FieldCode.LENGTH),
        ("v\n1", NOW, "consent.policy_version", FieldCode.CHARACTER),
        ("v1", None, "consent.agree_time", FieldCode.REQUIRED),
        ("v1", NOW + timedelta(minutes=6), "consent.agree_time", FieldCode.FUTURE_DATE),
    ],
)
def test_consent_is_required(version: str, agreed: None, field: str, code: FieldCode) -> None:
    """Each missing part of a consent is named."""
    with pytest.raises(InvalidError) as caught:
        verify_claim.check_consent(policy_version=version, agree_time=agreed, now=NOW)
    assert caught.value.reason is Reason.CONSENT_MISSING
    assert caught.value.violations == (Violation(field, code),)


def test_consent_of_a_clock_slightly_ahead_is_taken() -> None:
    """A clock difference of up to five minutes is accepted."""
    agreed = NOW + timedelta(minutes=4)
    consent = verify_claim.check_consent(policy_version="v1", agree_time=agreed, now=NOW)
    assert consent == verify_claim.Consent("v1", agreed)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"state": AccountState.ERASED}, Reason.ACCOUNT_ERASED),
        ({"standing": Standing.CLOSED}, Reason.ACCOUNT_CLOSED),
        ({"standing": Standing.RENEWAL_SUSPENDED}, Reason.RENEWAL_SUSPENDED),
    ],
)
def test_accounts_that_take_no_claim(changes: dict[str, object], reason: Reason) -> None:
    """Erased, closed and renewal-suspended accounts are refused, each with its reason."""
    barred = builders.account(**changes)
    with pytest.raises(PreconditionError) as caught:
        claim_rules.admit(account=barred)
    assert caught.value.reason is reason
    assert claim_rules.is_barred(account=barred) == ("standing" in changes)


@pytest.mark.parametrize("state", [s for s in AccountState if s is not AccountState.ERASED])
@pytest.mark.parametrize("standing", [Standing.GOOD, Standing.WARNED, Standing.PUBLISHING_LIMITED])
def test_every_other_account_takes_a_claim(state: AccountState, standing: Standing) -> None:
    """Lesser sanctions and all other states accept a new claim."""
    lesser = builders.account(state=state, standing=standing)
    claim_rules.admit(account=lesser)
    assert not claim_rules.is_barred(account=lesser)


@pytest.mark.parametrize("state", list(AccountState))
def test_opening_a_claim_changes_only_a_rejected_account(state: AccountState) -> None:
    """A re-verification does not change the status; a rejected sign-up becomes pending again."""
    before = builders.account(state=state, revision=7)
    after = claim_rules.begin(account=before, claim_id="c1", subject_kind=SubjectKind.INDIVIDUAL)
    assert after.open_claim_id == "c1"
    if state is AccountState.REJECTED:
        assert (after.state, after.revision) == (AccountState.PENDING, 8)
    else:
        assert (after.state, after.revision) == (state, 7)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (RegistryAnswer.MATCH, SUCCESS),
        (RegistryAnswer.MISMATCH, MISMATCH),
        (RegistryAnswer.INVALID_INPUT, MISMATCH),
        (RegistryAnswer.NO_RECORD, ClaimOutcome(ClaimState.FAILED, FailureReason.NO_RECORD)),
    ],
)
def test_what_an_answer_makes_of_a_claim(answer: RegistryAnswer, outcome: ClaimOutcome) -> None:
    """Only a full match succeeds."""
    decided = claim_rules.decide(answer=answer, kind=SubjectKind.INDIVIDUAL)
    assert decided == outcome
    assert decided.succeeded == (answer is RegistryAnswer.MATCH)


@pytest.mark.parametrize(
    ("answer", "reason", "charged"),
    [
        (RegistryAnswer.MATCH, None, False),
        (RegistryAnswer.MISMATCH, FailureReason.ELEMENT_MISMATCH, True),
        (RegistryAnswer.INVALID_INPUT, FailureReason.ELEMENT_MISMATCH, True),
        (RegistryAnswer.NO_RECORD, FailureReason.NO_RECORD, True),
        (RegistryAnswer.NOT_OPERATING, FailureReason.ORGANIZATION_NOT_OPERATING, False),
    ],
)
def test_what_an_answer_makes_of_an_organizations_claim(
    answer: RegistryAnswer, reason: FailureReason | None, charged: bool
) -> None:
    """A mismatch is of an element, and stays charged; whoever has all elements has guessed nothing."""
    decided = claim_rules.decide(answer=answer, kind=SubjectKind.ORGANIZATION)
    assert decided.failure_reason is reason
    assert decided.succeeded == (reason is None)
    assert claim_rules.is_kept(outcome=decided) is charged


@pytest.mark.parametrize("answer", sorted(set(RegistryAnswer) - DECIDED))
def test_other_answers_decide_nothing(answer: RegistryAnswer) -> None:
    """A failure of the registry does not decide a claim."""
    with pytest.raises(ValueError, match="does not decide a claim"):
        claim_rules.decide(answer=answer, kind=SubjectKind.INDIVIDUAL)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"different_owner": True}, FailureReason.DIFFERENT_OWNER),
        ({"person_closed": True}, FailureReason.PERSON_CLOSED),
        ({"sanctioned": True}, FailureReason.SANCTIONED),
        ({"sanctioned": True, "slot": Slot.FULL}, FailureReason.SANCTIONED),
        ({"slot": Slot.FULL}, FailureReason.ACCOUNT_LIMIT_REACHED),
    ],
)
def test_refusals_are_told_only_after_a_match(changes: dict[str, object], reason: FailureReason) -> None:
    """Each of the facts refuses a claim that has matched."""
    facts = builders.facts(**changes)
    assert claim_rules.confirm(facts=facts).failure_reason is reason


def test_a_match_without_a_refusal_is_confirmed() -> None:
    """A sign-up with a free slot, and an account that is verified again."""
    assert claim_rules.confirm(facts=builders.facts()) == SUCCESS
    assert claim_rules.confirm(facts=builders.facts(slot=Slot.OWNED)) == SUCCESS


@pytest.mark.parametrize("changes", [{}, {"different_owner": True}, {"person_closed": True}])
def test_only_the_holder_contradicts_an_end(changes: dict[str, object]) -> None:
    """A claim of a person that is no more looks like one of a wrong name, whatever else would refuse it."""
    facts = builders.facts(ended=True, **changes)
    assert claim_rules.confirm(facts=facts) == MISMATCH
    for assurance in Assurance:
        by_holder = claim_rules.confirm(facts=facts, proved=assurance) != MISMATCH
        assert by_holder == claim_rules.is_holder(proved=assurance) == (assurance.name == "HOLDER")


def test_an_account_keeps_its_person() -> None:
    """Whoever renews it with a number that replaced another one does not take it over."""
    renewed = claim_rules.conclude(
        account=builders.account(person_id="d" * 32, open_claim_id="c1"),
        outcome=SUCCESS,
        proved=Assurance.REGISTRY_MATCH,
        person_id=builders.PERSON,
        owner=PERSON,
        today=TODAY,
        valid_days=365,
    )
    assert renewed.person_id == "d" * 32


@pytest.mark.parametrize("upgrade", [True, False])
@pytest.mark.parametrize("state", [AccountState.VERIFIED, AccountState.EXPIRED, AccountState.UNVERIFIED])
@pytest.mark.parametrize("days", [0, 1])
def test_an_upgrade_changes_the_facts_alone(state: AccountState, days: int, upgrade: bool) -> None:
    """Of a valid verification neither the dates nor anything else changes; any other begins anew."""
    match = frozenset({Assurance.REGISTRY_MATCH})
    dates = {"verify_date": TODAY - timedelta(days=300), "expire_date": TODAY + timedelta(days=days)}
    before = builders.account(
        state=state, person_id=builders.PERSON, open_claim_id="c1", assurances=match, **dates
    )
    after = claim_rules.conclude(
        account=before,
        outcome=SUCCESS,
        proved=Assurance.HOLDER,
        person_id=builders.PERSON,
        owner=PERSON,
        today=TODAY,
        valid_days=365,
        upgrade=upgrade,
    )
    valid = state is AccountState.VERIFIED and days == 1
    assert after.assurances == (match if valid else NO_ASSURANCE) | {Assurance.HOLDER}
    if upgrade and valid:
        grown = replace(before, assurances=after.assurances, revision=before.revision + 1)
        assert after == replace(grown, open_claim_id=None)
    else:
        assert (after.verify_date, after.expire_date) == (TODAY, TODAY + timedelta(days=365))


def _conclude(
    outcome: ClaimOutcome, proved: Assurance = Assurance.REGISTRY_MATCH, **changes: object
) -> Account:
    return claim_rules.conclude(
        account=builders.account(open_claim_id="c1", **changes),
        outcome=outcome,
        proved=proved,
        person_id=builders.PERSON,
        owner=PERSON,
        today=TODAY,
        valid_days=365,
    )


@pytest.mark.parametrize("state", [s for s in AccountState if s is not AccountState.ERASED])
def test_success_verifies_every_living_account(state: AccountState) -> None:
    """The expire date is the first day that is not covered."""
    after = _conclude(SUCCESS, state=state, revision=3)
    assert (after.state, after.assurances, after.revision) == (
        AccountState.VERIFIED,
        frozenset({Assurance.REGISTRY_MATCH}),
        4,
    )
    assert (after.verify_date, after.expire_date) == (TODAY, date(2027, 3, 1))
    assert (after.person_id, after.open_claim_id) == (builders.PERSON, None)


def test_success_after_an_expiry_that_was_only_shown_gets_a_revision_above_it() -> None:
    """The published EXPIRED and the new VERIFIED have different revisions."""
    after = _conclude(SUCCESS, state=AccountState.VERIFIED, expire_date=TODAY, revision=3)
    assert after.revision == 5


_MATCH, _HOLDER = frozenset({Assurance.REGISTRY_MATCH}), frozenset({Assurance.HOLDER})


@pytest.mark.parametrize(
    ("former", "proved", "expected"),
    [
        (frozenset(), Assurance.REGISTRY_MATCH, _MATCH),
        (frozenset(), Assurance.HOLDER, _HOLDER),
        (_MATCH, Assurance.HOLDER, _MATCH | _HOLDER),
        (_MATCH | _HOLDER, Assurance.HOLDER, _MATCH | _HOLDER),
        (_HOLDER, Assurance.REGISTRY_MATCH, _MATCH),
        (_MATCH | _HOLDER, Assurance.REGISTRY_MATCH, _MATCH),
        (_MATCH, Assurance.RESULT_ONLY, frozenset({Assurance.RESULT_ONLY})),
    ],
)
def test_a_verification_keeps_only_the_facts_that_it_confirms_again(
    former: frozenset[Assurance], proved: Assurance, expected: frozenset[Assurance]
) -> None:
    """Knowing name and number does not renew a presence; a presence confirms name and number."""
    valid = {"state": AccountState.VERIFIED, "expire_date": TODAY + timedelta(days=1), "assurances": former}
    assert _conclude(SUCCESS, proved=proved, **valid).assurances == expected
    expired = _conclude(SUCCESS, proved=proved, **valid | {"expire_date": TODAY})
    assert expired.assurances == {proved}
    assert _conclude(MISMATCH, proved=proved, **valid).assurances == former


@pytest.mark.parametrize("state", [s for s in AccountState if s is not AccountState.ERASED])
def test_failure_rejects_a_sign_up_and_nothing_else(state: AccountState) -> None:
    """A failed re-verification leaves the account exactly as it was."""
    before = builders.account(state=state, revision=3)
    after = _conclude(MISMATCH, state=state, revision=3)
    if state is AccountState.PENDING:
        assert (after.state, after.revision) == (AccountState.REJECTED, 4)
    else:
        assert after == before


@given(st.sampled_from(AccountState), st.booleans(), st.integers(1, 400))
def test_revisions_never_fall(state: AccountState, succeeds: bool, days: int) -> None:
    """The revision only grows, whatever the outcome of a claim."""
    before = builders.account(state=state, expire_date=TODAY + timedelta(days=days - 200))
    opened = claim_rules.begin(account=before, claim_id="c1", subject_kind=SubjectKind.INDIVIDUAL)
    after = claim_rules.conclude(
        account=opened,
        outcome=SUCCESS if succeeds else MISMATCH,
        proved=Assurance.REGISTRY_MATCH,
        person_id=builders.PERSON,
        owner=PERSON,
        today=TODAY,
        valid_days=days,
    )
    assert before.revision <= opened.revision <= after.revision


ORGANIZATIONS = ClaimRules(32, frozenset(DocumentType), builders.ZONE, organization_name_limit=50)


def _representative(**changes: Any) -> Representative:
    person = organizations.REPRESENTATIVE
    return replace(Representative(person.name, person.document.type, person.document.number), **changes)


def _organization(**changes: Any) -> Identity:
    who = organizations.organization()
    return claim_rules.check_organization(
        **{
            "organization_name": who.name,
            "document_type": who.document.type,
            "number": who.document.number,
            "representative": _representative(),
            "rules": ORGANIZATIONS,
            "today": TODAY,
            **changes,
        }
    )


def test_an_organization_is_normalised() -> None:
    """A lower-case code and a name with full-width brackets are normalised."""
    who = organizations.organization(name="虚构(晴岚)公司")
    found = _organization(organization_name=" 虚构（晴岚）公司", number=who.document.number.lower())
    assert found == who
    assert found.subject_kind is SubjectKind.ORGANIZATION
    assert claim_rules.owner(identity=found) == Owner(SubjectKind.ORGANIZATION, OrganizationCategory.COMPANY)


def test_an_organizations_name_has_a_limit_of_its_own() -> None:
    """The limit is 50 code points instead of a person's 32; the error names this request's field."""
    assert _organization(organization_name="虚" * 50).name == "虚" * 50
    with pytest.raises(InvalidError) as refused:
        _organization(organization_name="虚" * 51, number="9" * 18)
    assert refused.value.reason is Reason.INVALID_NAME
    assert [each.field for each in refused.value.violations] == ["organization_name", "document.number"]


@pytest.mark.parametrize(
    ("changes", "reason", "fields"),
    [
        ({"name": ""}, Reason.INVALID_NAME, ["representative_name"]),
        ({"name": "某" * 33}, Reason.INVALID_NAME, ["representative_name"]),
        ({"number": "1"}, Reason.INVALID_DOCUMENT_NUMBER, ["representative_document.number"]),
        (
            {"name": "1", "number": "1"},
            Reason.INVALID_NAME,
            ["representative_name", "representative_document.number"],
        ),
        ({"type": CREDIT}, Reason.UNSUPPORTED_DOCUMENT, ["representative_document.type"]),
        ({"type": None}, Reason.UNSUPPORTED_DOCUMENT, ["representative_document.type"]),
    ],
)
def test_a_representative_is_checked_as_a_person_is(
    changes: dict[str, Any], reason: Reason, fields: list[str]
) -> None:
    """The limit of a person's name, a person's document; the fields are those of this request."""
    with pytest.raises(InvalidError) as refused:
        _organization(representative=_representative(**changes))
    assert refused.value.reason is reason
    assert [each.field for each in refused.value.violations] == fields


def test_a_missing_representative_is_named_after_the_organization() -> None:
    """Every invalid field is told at once; a document that was not given is REQUIRED."""
    missing = Representative("", None, "", is_given=False)
    with pytest.raises(InvalidError) as refused:
        _organization(number="9" * 18, representative=missing)
    assert refused.value.reason is Reason.INVALID_DOCUMENT_NUMBER
    assert refused.value.violations[1:] == (Violation("representative_document.type", FieldCode.REQUIRED),)
    assert organizations.REPRESENTATIVE.name not in repr(_representative())


@pytest.mark.parametrize(
    ("name", "representative", "spelled"),
    [
        ("虚构公司", "某一", None),
        ("䶮构公司", "某一", ("\ue863构公司", "某一")),
        ("虚构公司", "某䶮", ("虚构公司", "某\ue863")),
        ("䶮构公司", "某䶮", ("\ue863构公司", "某\ue863")),
    ],
)
def test_the_other_spelling_is_of_both_names(
    name: str, representative: str, spelled: tuple[str, str] | None
) -> None:
    """A second check has the private-use spelling wherever there is one."""
    person = replace(organizations.REPRESENTATIVE, name=representative)
    who = organizations.organization(name=name, representative=person)
    found = claim_rules.alternative_spelling(identity=who)
    assert (found and found.representative and (found.name, found.representative.name)) == spelled


@pytest.mark.parametrize(("name", "spelled"), [("某一", None), ("某䶮", "某\ue863")])
def test_the_other_spelling_of_a_person(name: str, spelled: str | None) -> None:
    """Nothing but the name changes."""
    found = claim_rules.alternative_spelling(identity=builders.identity(name=name))
    assert found == (None if spelled is None else builders.identity(name=spelled))


@pytest.mark.parametrize("kind", [kind for kind in DocumentType if kind is not CREDIT])
def test_an_organization_has_no_persons_document(kind: DocumentType) -> None:
    """A resident number is refused for an organisation, and a credit code for a person."""
    with pytest.raises(InvalidError) as refused:
        _organization(document_type=kind, number="110000190101010001")
    assert refused.value.reason is Reason.UNSUPPORTED_DOCUMENT
    with pytest.raises(InvalidError) as refused:
        claim_rules.check_identity(
            real_name="某一一",
            document_type=CREDIT,
            number=organizations.credit_code(),
            rules=ORGANIZATIONS,
            today=TODAY,
        )
    assert refused.value.reason is Reason.UNSUPPORTED_DOCUMENT


def test_a_deployment_without_a_registry_of_organizations_takes_none() -> None:
    """Only document types that a registry can check are accepted."""
    with pytest.raises(InvalidError) as refused:
        _organization(rules=RULES)
    assert refused.value.reason is Reason.UNSUPPORTED_DOCUMENT


def test_success_tells_of_an_organization_that_it_is_one_and_its_category() -> None:
    """A legacy account may turn out to belong to an organisation."""
    before = builders.account(state=AccountState.UNVERIFIED, open_claim_id="c1")
    owner = Owner(SubjectKind.ORGANIZATION, OrganizationCategory.COOPERATIVE)
    for outcome, expected in ((SUCCESS, owner), (MISMATCH, PERSON)):
        after = claim_rules.conclude(
            account=before,
            outcome=outcome,
            proved=Assurance.REGISTRY_MATCH,
            person_id=builders.PERSON,
            owner=owner,
            today=TODAY,
            valid_days=365,
        )
        assert Owner(after.subject_kind, after.organization_category) == expected
        shown = account_rules.project(account=after, today=TODAY, now=builders.NOW)
        assert Owner(shown.subject_kind, shown.organization_category) == expected


@pytest.mark.parametrize("state", list(AccountState))
def test_only_a_rejected_account_changes_whom_it_is_for_before_success(state: AccountState) -> None:
    """A rejected sign-up of a person may be repeated for an organisation."""
    after = claim_rules.begin(
        account=builders.account(state=state), claim_id="c1", subject_kind=SubjectKind.ORGANIZATION
    )
    changed = after.subject_kind is SubjectKind.ORGANIZATION
    assert changed == (state is AccountState.REJECTED)
