"""The rules of a claim: who may open one, how an answer decides it, and how it changes the account.

- An account that is erased, closed or suspended from renewal accepts no new claim, and a claim that was open
  before does not succeed; an erasure ends it at once (ERASED).
- The account of a sign-up is PENDING until its claim ends; a re-verification changes nothing until it
  succeeds.
- A claim for a person needs a personal document; a claim for an organisation needs its unified social credit
  code, and name and document of its legal representative.
- An organisation's claim fails with REPRESENTATIVE_PENDING when all four elements belong together and it
  operates; what it still needs is in representative.rules. A mismatch never says of which element.
- An account that was verified by name and number is renewed by them alone, one that was verified by a
  provider's id by that id alone, and one by a reviewed document by that document (OTHER_PROOF, told after a
  match).
- Only a full match succeeds. Account limit, closed person, different owner, a sanction, and that the person
  must prove to be present (account.rules on withdrawals) are reported only after a match.
- A claim without an answer fails 48 hours after it was opened.
- A stronger proof that a campaign asked for adds to a valid verification (upgrade): its facts change, and its
  dates stay. So no campaign makes a verification last longer, and the dates tell nobody of it.
- A claim of a person that the registry said to be ended ends as a mismatch, unless it proves that the holder
  of the document made it.

The day of birth is in a person's number, and is stored nowhere:

- Under GUARDIAN_AGE a match succeeds only if an adult was confirmed in the same session. Without one the
  claim is stored as a mismatch; only the call that sent the number is answered with GUARDIAN_REQUIRED.
- The adult is another person of at least ADULT_AGE, by the number, and the registry confirms name and number.
- No sanction of the adult counts, and no place is taken: a platform's closing ends nobody's parental care.
- Whom a provider vouches for without a number (RESULT_ONLY) has no age here: neither child nor adult.

Attempts at a person's name are limited:

- An attempt is a pair of number and name, of an organisation with its representative's. It is charged when a
  claim opens, so claims under way count.
- It is charged to the person whose number is named, and to the account if that has a record.
- At most 5 pairs in an hour and 20 in a day; equal pairs count once.
- A match gives the attempt back, and so does a claim of which no check was sent.
- An account with a record is refused for its own attempts only. If the attempts of the person it names are
  used up, its owner's claim is sent all the same; another person's is withheld: it ends as a mismatch unsent.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, tzinfo
from typing import TypeVar

from idvault.account import rules as account_rules
from idvault.account.rules import Facts, Slot
from idvault_verify import document, name, organization
from idvault_verify.account import (
    NO_ASSURANCE,
    Account,
    AccountState,
    Assurance,
    Assurances,
    Standing,
    SubjectKind,
)
from idvault_verify.claim import (
    AnyIdentity,
    ClaimState,
    FailureReason,
    Identity,
    OpaqueIdentity,
    kind_of,
)
from idvault_verify.document import DocumentType
from idvault_verify.error import ExhaustedError, FieldCode, InvalidError, PreconditionError, Reason, Violation
from idvault_verify.organization import OrganizationCategory
from idvault_verify.registry import RegistryAnswer

CLAIM_LIFETIME = timedelta(hours=48)
REQUEST_LIFETIME = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Owner:
    """What may be published about a confirmed owner: person or organisation, and its category."""

    subject_kind: SubjectKind
    organization_category: OrganizationCategory | None = None


@dataclass(frozen=True, slots=True)
class ReceiptEvidence:
    """Proof that a claim was sealed and logged: the record's digest and the log entry.

    leaf: as written. opening_key: 32 bytes that open the leaf's commitment. log_index: None until the entry
    is sequenced. quorum_id: the quorum that the record was sealed for.
    """

    record_digest: bytes
    quorum_id: str
    entry_id: str
    leaf: bytes
    opening_key: bytes = field(repr=False)
    log_index: int | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim as returned to its request.

    retry_at: when to ask again while the claim is PENDING (real time). receipt: only for a success.
    """

    request_id: str
    claim_id: str
    state: ClaimState
    failure_reason: FailureReason | None
    account: Account
    retry_at: datetime | None = None
    receipt: ReceiptEvidence | None = None


@dataclass(frozen=True, slots=True)
class ClaimRules:
    """What a deployment accepts: the document types of its registries, and its time zone.

    name_limit, organization_name_limit: in code points, as set by the respective registry.
    """

    name_limit: int
    document_types: frozenset[DocumentType]
    zone: tzinfo
    organization_name_limit: int = name.LIMIT


@dataclass(frozen=True, slots=True)
class ClaimOutcome:
    """How a claim ends."""

    state: ClaimState
    failure_reason: FailureReason | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the claim was confirmed."""
        return self.state is ClaimState.SUCCEEDED


GUARDIAN_AGE = 14
"""In years: under it the law demands an adult (PIPL, article 31). A law's number is nobody's setting."""
ADULT_AGE = 18
TIMED_OUT = ClaimOutcome(ClaimState.FAILED, FailureReason.REGISTRY_TIMED_OUT)
SUPERSEDED = ClaimOutcome(ClaimState.FAILED, FailureReason.SUPERSEDED)
REVOKED = ClaimOutcome(ClaimState.FAILED, FailureReason.REVOKED)
REPRESENTATIVE_PENDING = ClaimOutcome(ClaimState.FAILED, FailureReason.REPRESENTATIVE_PENDING)


def is_holder(*, proved: Assurance) -> bool:
    """Return whether a claim's person proved to be present. proved: the assurance of the claim."""
    return proved is Assurance.HOLDER


def check_identity(
    *, real_name: str, document_type: DocumentType, number: str, rules: ClaimRules, today: date
) -> Identity:
    """Return a person's normalised identity, or raise InvalidError naming every invalid field."""
    return _check(
        SubjectKind.INDIVIDUAL,
        lambda: name.parse(real_name, limit=rules.name_limit),
        document_type=document_type,
        number=number,
        rules=rules,
        today=today,
    )


@dataclass(frozen=True, slots=True)
class Representative:
    """A legal representative as typed. type: None for one that is not known. is_given: whether it has one."""

    name: str = field(repr=False)
    type: DocumentType | None
    number: str = field(repr=False)
    is_given: bool = True


def check_organization(
    *,
    organization_name: str,
    document_type: DocumentType,
    number: str,
    representative: Representative,
    rules: ClaimRules,
    today: date,
) -> Identity:
    """Return an organisation's normalised identity with its representative's.

    Raises InvalidError naming every invalid field.
    """
    refusals: list[InvalidError] = []
    identity = collected(
        refusals,
        lambda: _check(
            SubjectKind.ORGANIZATION,
            lambda: name.parse(
                organization_name, limit=rules.organization_name_limit, field="organization_name"
            ),
            document_type=document_type,
            number=number,
            rules=rules,
            today=today,
        ),
    )
    person = collected(refusals, lambda: _check_representative(representative, rules=rules, today=today))
    if identity is None or person is None:
        raise all_of(refusals)
    return replace(identity, representative=person)


def _check_representative(representative: Representative, *, rules: ClaimRules, today: date) -> Identity:
    kind = representative.type
    if kind is None:
        code = FieldCode.CHARACTER if representative.is_given else FieldCode.REQUIRED
        raise InvalidError(Reason.UNSUPPORTED_DOCUMENT, Violation(f"{_REPRESENTATIVE}document.type", code))
    try:
        return _check(
            SubjectKind.INDIVIDUAL,
            lambda: name.parse(representative.name, limit=rules.name_limit, field="name"),
            document_type=kind,
            number=representative.number,
            rules=rules,
            today=today,
        )
    except InvalidError as error:
        found = [replace(each, field=f"{_REPRESENTATIVE}{each.field}") for each in error.violations]
        raise InvalidError(error.reason, *found) from None


_REPRESENTATIVE = "representative_"
_Checked = TypeVar("_Checked")


def collected(refusals: list[InvalidError], check: Callable[[], _Checked]) -> _Checked | None:
    """Return what a check returns; None if it refuses, and the refusal is added to the others."""
    try:
        return check()
    except InvalidError as error:
        refusals.append(error.with_traceback(None))  # its frames hold the list
        return None


def all_of(refusals: Sequence[InvalidError]) -> InvalidError:
    """Return one error with the reason of the first and every field."""
    return InvalidError(refusals[0].reason, *(v for error in refusals for v in error.violations))


def _check(
    kind: SubjectKind,
    parse_name: Callable[[], str],
    *,
    document_type: DocumentType,
    number: str,
    rules: ClaimRules,
    today: date,
) -> Identity:
    if document_type not in rules.document_types or kind_of(document_type) is not kind:
        raise InvalidError(Reason.UNSUPPORTED_DOCUMENT, Violation("document.type", FieldCode.CHARACTER))
    refusals: list[InvalidError] = []
    parsed_name = collected(refusals, parse_name)
    parsed_document = collected(
        refusals, lambda: document.parse(type=document_type, number=number, today=today)
    )
    if parsed_name is None or parsed_document is None:
        raise all_of(refusals)
    return Identity(parsed_name, parsed_document)


def is_under_age(*, identity: AnyIdentity, today: date) -> bool:
    """Return whether an adult must take part in a verification; never for an organisation.

    Nor for whom a provider vouches without a number: the vault cannot know an age there.
    """
    if isinstance(identity, OpaqueIdentity):
        return False
    born = document.birth_day(identity.document, today=today)
    return born is not None and _age(born, today) < GUARDIAN_AGE


def check_guardian(*, guardian: Identity, child: Identity, today: date) -> None:
    """Raise InvalidError (INVALID_MESSAGE, guardian.document.number) unless it is another person of age.

    A number that states no day of birth is no adult's.
    """
    born = document.birth_day(guardian.document, today=today)
    if guardian.document == child.document or born is None or _age(born, today) < ADULT_AGE:
        raise InvalidError(
            Reason.INVALID_MESSAGE, Violation("guardian.document.number", FieldCode.BIRTH_DATE)
        )


def _age(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def lacks_guardian(*, outcome: ClaimOutcome, identity: AnyIdentity, guarded: bool, today: date) -> bool:
    """Return whether a claim that has matched is a child's in whose session no adult was confirmed."""
    return outcome.succeeded and not guarded and is_under_age(identity=identity, today=today)


def alternative_spelling(*, identity: Identity) -> Identity | None:
    """Return an identity, also its representative, as some registries spell it; None if that is the same."""
    own = name.alternative_spelling(identity.name)
    person = identity.representative
    others = None if person is None else name.alternative_spelling(person.name)
    if own is None and others is None:
        return None
    spelled = replace(identity, name=own or identity.name)
    return spelled if person is None else replace(spelled, representative=_named(person, others))


def _named(person: Identity, spelling: str | None) -> Identity:
    return person if spelling is None else replace(person, name=spelling)


def owner(*, identity: AnyIdentity) -> Owner:
    """Return what may be published about an identity once it is confirmed."""
    if isinstance(identity, OpaqueIdentity):
        return Owner(identity.subject_kind)
    return Owner(identity.subject_kind, organization.category(document=identity.document))


def admit(*, account: Account) -> None:
    """Raise PreconditionError if the account accepts no new claim."""
    if account.state is AccountState.ERASED:
        raise PreconditionError(Reason.ACCOUNT_ERASED)
    if account.standing is Standing.CLOSED:
        raise PreconditionError(Reason.ACCOUNT_CLOSED)
    if account.standing is Standing.RENEWAL_SUSPENDED:
        raise PreconditionError(Reason.RENEWAL_SUSPENDED)


def is_barred(*, account: Account) -> bool:
    """Return whether the standing of an account keeps its claims from succeeding."""
    return account.standing in (Standing.RENEWAL_SUSPENDED, Standing.CLOSED)


def begin(*, account: Account, claim_id: str, subject_kind: SubjectKind) -> Account:
    """Return the account with the claim open; the published status changes only if it was REJECTED."""
    changed = account.state is AccountState.REJECTED
    return replace(
        account,
        subject_kind=subject_kind if changed else account.subject_kind,
        state=AccountState.PENDING if changed else account.state,
        revision=account.revision + changed,
        open_claim_id=claim_id,
    )


_MISMATCHES = {
    SubjectKind.INDIVIDUAL: FailureReason.MISMATCH,
    SubjectKind.ORGANIZATION: FailureReason.ELEMENT_MISMATCH,
}


def decide(*, answer: RegistryAnswer, kind: SubjectKind) -> ClaimOutcome:
    """Return the outcome of a deciding answer; raises ValueError for any other answer.

    kind: of whom the claim is. A match still has to be confirmed.
    """
    if answer in (RegistryAnswer.MISMATCH, RegistryAnswer.INVALID_INPUT):
        return ClaimOutcome(ClaimState.FAILED, _MISMATCHES[kind])
    if answer is RegistryAnswer.NOT_OPERATING:
        return ClaimOutcome(ClaimState.FAILED, FailureReason.ORGANIZATION_NOT_OPERATING)
    if answer is RegistryAnswer.NO_RECORD:
        return ClaimOutcome(ClaimState.FAILED, FailureReason.NO_RECORD)
    if answer is not RegistryAnswer.MATCH:
        raise ValueError(f"{answer} does not decide a claim")
    return ClaimOutcome(ClaimState.SUCCEEDED)


def confirm(
    *,
    facts: Facts,
    proved: Assurance = Assurance.REGISTRY_MATCH,
    kind: SubjectKind = SubjectKind.INDIVIDUAL,
) -> ClaimOutcome:
    """Return the outcome of a claim that has matched. proved: the assurance of the claim. kind: whose it is.

    A person who is present contradicts the notice of an end; an ended organisation has no representative.
    """
    if facts.other_proof:
        return ClaimOutcome(ClaimState.FAILED, FailureReason.OTHER_PROOF)
    if facts.ended and kind is SubjectKind.ORGANIZATION:
        return ClaimOutcome(ClaimState.FAILED, FailureReason.ORGANIZATION_NOT_OPERATING)
    if facts.ended and not is_holder(proved=proved):
        return ClaimOutcome(ClaimState.FAILED, FailureReason.MISMATCH)
    refused = _refusal_after_match(facts)
    return ClaimOutcome(ClaimState.FAILED, refused) if refused else ClaimOutcome(ClaimState.SUCCEEDED)


def is_other_proof(*, account: Account, proved: Assurance) -> bool:
    """Return whether an account's owner is known by number and a claim's person by a provider's id.

    Or by a reviewed document, or the reverse. The vault cannot tell whether they are one human: the claim
    fails, and says why.
    """
    own = account.assurances & _APART
    return account.person_id is not None and own != _APART & {proved}


_APART = frozenset({Assurance.RESULT_ONLY, Assurance.DOCUMENT_SEEN})
"""The facts of persons who are known otherwise than by a number that a registry has."""


def _refusal_after_match(facts: Facts) -> FailureReason | None:
    if facts.different_owner:
        return FailureReason.DIFFERENT_OWNER
    if facts.person_closed:
        return FailureReason.PERSON_CLOSED
    if facts.sanctioned:
        return FailureReason.SANCTIONED
    if facts.withdrawn:
        return FailureReason.HOLDER_REQUIRED
    if facts.slot is Slot.FULL:
        return FailureReason.ACCOUNT_LIMIT_REACHED
    return None


def conclude(
    *,
    account: Account,
    outcome: ClaimOutcome,
    proved: Assurance,
    person_id: str,
    owner: Owner,
    today: date,
    valid_days: int,
    upgrade: bool = False,
) -> Account:
    """Return the account after its open claim has ended. proved: the fact that a success establishes.

    Success makes it VERIFIED from today for valid_days; an account that has a person keeps it, also if the
    number of that person was replaced. An upgrade adds to a verification that is still valid: of that one
    only the facts change, and the dates stay. Failure makes a PENDING account REJECTED and leaves any other
    unchanged.
    """
    closed = replace(account, open_claim_id=None)
    if outcome.succeeded:
        present = account_rules.expire(account=account, today=today)
        stays = upgrade and present.state is AccountState.VERIFIED
        return replace(
            closed,
            subject_kind=owner.subject_kind,
            organization_category=owner.organization_category,
            state=AccountState.VERIFIED,
            assurances=_assurances(account, proved, owner.subject_kind, today),
            person_id=account.person_id or person_id,
            verify_date=account.verify_date if stays else today,
            expire_date=account.expire_date if stays else today + timedelta(days=valid_days),
            # An expiry that is due has already been published with the next revision.
            revision=present.revision + 1,
        )
    if account.state is AccountState.PENDING:
        return replace(closed, state=AccountState.REJECTED, revision=account.revision + 1)
    return closed


def _assurances(account: Account, proved: Assurance, kind: SubjectKind, today: date) -> Assurances:
    """Return the facts of a new verification, which replace those of the one before.

    Only what is confirmed again stays: the match of name and number beside HOLDER, while it is valid. HOLDER
    does not stay beside a match: whoever knows name and number could renew it for ever. RESULT_ONLY and
    DOCUMENT_SEEN meet no other fact, because they are another person's.
    """
    if kind is SubjectKind.ORGANIZATION:
        # Its representative proves to be present after the registry has matched.
        return frozenset({proved, Assurance.REGISTRY_MATCH})
    former = account_rules.expire(account=account, today=today)
    stays = proved is Assurance.HOLDER and former.state is AccountState.VERIFIED
    return frozenset({proved}) | (former.assurances & {Assurance.REGISTRY_MATCH} if stays else NO_ASSURANCE)


PER_HOUR = 5
PER_DAY = 20
WINDOW = timedelta(days=1)
_LIMITS = ((PER_HOUR, timedelta(hours=1)), (PER_DAY, WINDOW))
_KEPT = (FailureReason.MISMATCH, FailureReason.NO_RECORD, FailureReason.ELEMENT_MISMATCH)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A pair that was tried. pair: its keyed hash. time: when the claim opened."""

    pair: bytes
    time: datetime


def check(*, attempts: Sequence[Attempt], pair: bytes, now: datetime) -> None:
    """Raise ExhaustedError (TOO_MANY_ATTEMPTS) unless another attempt may be charged.

    attempts: at least those of the last day, in any order; a pair may occur several times.
    """
    newest: dict[bytes, datetime] = {}
    for attempt in attempts:
        newest[attempt.pair] = max(attempt.time, newest.get(attempt.pair, attempt.time))
    for limit, window in _LIMITS:
        recent = {tried: time for tried, time in newest.items() if time > now - window}
        if pair not in recent and len(recent) >= limit:
            raise ExhaustedError(
                Reason.TOO_MANY_ATTEMPTS, retry_after=sorted(recent.values())[-limit] + window - now
            )


def is_kept(*, outcome: ClaimOutcome) -> bool:
    """Return whether a claim that ended with an outcome stays charged: the registry answered, and not yes."""
    return outcome.failure_reason in _KEPT
