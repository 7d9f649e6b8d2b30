"""The rules of a claim: who may open one, how an answer decides it, and how it changes the account.

- An account that is erased, closed or suspended from renewal accepts no new claim, and a claim that was open
  before does not succeed; an erasure ends it at once (ERASED).
- The account of a sign-up is PENDING until its claim ends; a re-verification changes nothing until it
  succeeds.
- A claim for a person needs a personal document; a claim for an organisation needs its unified social credit
  code.
- An account that was verified by name and number is renewed by them alone, and one that was verified by a
  provider's id by that id alone (OTHER_PROOF, told after a match).
- Only a full match succeeds. Account limit, closed person, different owner, a sanction, and that the person
  must prove to be present (account.rules on withdrawals) are reported only after a match.
- A claim without an answer fails 48 hours after it was opened.
- A claim of a person that the registry said to be ended ends as a mismatch, unless it proves that the holder
  of the document made it.

Attempts at a person's name are limited:

- An attempt is a pair of number and name. It is charged when a claim opens, so claims under way count.
- It is charged to the person whose number is named, and to the account if that has a record.
- At most 5 pairs in an hour and 20 in a day; equal pairs count once.
- A match gives the attempt back, and so does a claim of which no check was sent.
- An account with a record is refused for its own attempts only. If the attempts of the person it names are
  used up, its owner's claim is sent all the same; another person's is withheld: it ends as a mismatch unsent.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, tzinfo

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


TIMED_OUT = ClaimOutcome(ClaimState.FAILED, FailureReason.REGISTRY_TIMED_OUT)
SUPERSEDED = ClaimOutcome(ClaimState.FAILED, FailureReason.SUPERSEDED)
REVOKED = ClaimOutcome(ClaimState.FAILED, FailureReason.REVOKED)


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


def check_organization(
    *, organization_name: str, document_type: DocumentType, number: str, rules: ClaimRules, today: date
) -> Identity:
    """Return an organisation's normalised identity, or raise InvalidError naming every invalid field."""
    return _check(
        SubjectKind.ORGANIZATION,
        lambda: name.parse(organization_name, limit=rules.organization_name_limit, field="organization_name"),
        document_type=document_type,
        number=number,
        rules=rules,
        today=today,
    )


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
    parsed_name, parsed_document = "", None
    try:
        parsed_name = parse_name()
    except InvalidError as error:
        refusals.append(error.with_traceback(None))  # its frames hold the list
    try:
        parsed_document = document.parse(type=document_type, number=number, today=today)
    except InvalidError as error:
        refusals.append(error.with_traceback(None))  # its frames hold the list
    if parsed_document is None or refusals:
        raise InvalidError(refusals[0].reason, *(v for error in refusals for v in error.violations))
    return Identity(parsed_name, parsed_document)


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


def decide(*, answer: RegistryAnswer) -> ClaimOutcome:
    """Return the outcome of a deciding answer; raises ValueError for any other answer.

    A match still has to be confirmed.
    """
    if answer in (RegistryAnswer.MISMATCH, RegistryAnswer.INVALID_INPUT):
        return ClaimOutcome(ClaimState.FAILED, FailureReason.MISMATCH)
    if answer is RegistryAnswer.NO_RECORD:
        return ClaimOutcome(ClaimState.FAILED, FailureReason.NO_RECORD)
    if answer is not RegistryAnswer.MATCH:
        raise ValueError(f"{answer} does not decide a claim")
    return ClaimOutcome(ClaimState.SUCCEEDED)


def confirm(*, facts: Facts, proved: Assurance = Assurance.REGISTRY_MATCH) -> ClaimOutcome:
    """Return the outcome of a claim that has matched. proved: the assurance of the claim."""
    if facts.other_proof:
        return ClaimOutcome(ClaimState.FAILED, FailureReason.OTHER_PROOF)
    if facts.ended and not is_holder(proved=proved):
        return ClaimOutcome(ClaimState.FAILED, FailureReason.MISMATCH)
    refused = _refusal_after_match(facts)
    return ClaimOutcome(ClaimState.FAILED, refused) if refused else ClaimOutcome(ClaimState.SUCCEEDED)


def is_other_proof(*, account: Account, proved: Assurance) -> bool:
    """Return whether an account's owner is known by number and a claim's person by a provider's id.

    Or the reverse. The vault cannot tell whether they are one human: the claim fails, and says why.
    """
    of_result = Assurance.RESULT_ONLY in account.assurances
    return account.person_id is not None and of_result is not (proved is Assurance.RESULT_ONLY)


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
) -> Account:
    """Return the account after its open claim has ended. proved: the fact that a success establishes.

    Success makes it VERIFIED from today for valid_days; an account that has a person keeps it, also if the
    number of that person was replaced. Failure makes a PENDING account REJECTED and leaves any other
    unchanged.
    """
    closed = replace(account, open_claim_id=None)
    if outcome.succeeded:
        return replace(
            closed,
            subject_kind=owner.subject_kind,
            organization_category=owner.organization_category,
            state=AccountState.VERIFIED,
            assurances=_assurances(account, proved, today),
            person_id=account.person_id or person_id,
            verify_date=today,
            expire_date=today + timedelta(days=valid_days),
            # An expiry that is due has already been published with the next revision.
            revision=account_rules.expire(account=account, today=today).revision + 1,
        )
    if account.state is AccountState.PENDING:
        return replace(closed, state=AccountState.REJECTED, revision=account.revision + 1)
    return closed


def _assurances(account: Account, proved: Assurance, today: date) -> Assurances:
    """Return the facts of a new verification, which replace those of the one before.

    Only what is confirmed again stays: the match of name and number beside HOLDER, while it is valid. HOLDER
    does not stay beside a match: whoever knows name and number could renew it for ever. RESULT_ONLY meets no
    other fact, because it is another person's.
    """
    former = account_rules.expire(account=account, today=today)
    stays = proved is Assurance.HOLDER and former.state is AccountState.VERIFIED
    return frozenset({proved}) | (former.assurances & {Assurance.REGISTRY_MATCH} if stays else NO_ASSURANCE)


PER_HOUR = 5
PER_DAY = 20
WINDOW = timedelta(days=1)
_LIMITS = ((PER_HOUR, timedelta(hours=1)), (PER_DAY, WINDOW))
_KEPT = (FailureReason.MISMATCH, FailureReason.NO_RECORD)


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
