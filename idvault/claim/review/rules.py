"""The rules of reviewed documents: which there are, who signs, and how many a day.

- Passports and mainland travel permits are reviewed, and nothing else. A resident number never is: its owner
  is matched with the registry.
- A reviewer is a moderator of the platform. The platform states whether one suffices (platform.rules).
- Where it demands two, the second one is another moderator, reads name and document again, and signs within
  72 hours what the first one signed. The first one must not be revoked by then.
- A reviewer signs 100 documents in 24 hours, first or second.
- What nobody confirmed is kept for another 7 days, to be seen.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from idvault.claim import rules as claim_rules
from idvault.claim.rules import REQUEST_LIFETIME
from idvault.moderator.rules import CONFIRM_WITHIN
from idvault_verify import document, name
from idvault_verify.account import SubjectKind
from idvault_verify.attest import sanction as papers
from idvault_verify.claim import Consent, Identity, ReviewState, kind_of
from idvault_verify.clock import ClockReading
from idvault_verify.document import REVIEWED, DocumentType
from idvault_verify.error import (
    DeniedError,
    ExhaustedError,
    FieldCode,
    InvalidError,
    Reason,
    TransitionError,
    Violation,
)

PER_DAY = 100
"""Documents in 24 hours: one every five minutes of an eight-hour day. With a stolen key a thief makes no more
people than its owner could have seen."""
DAY = timedelta(hours=24)
EVER = datetime(1970, 1, 1, tzinfo=UTC)
KEPT = CONFIRM_WITHIN + REQUEST_LIFETIME


@dataclass(frozen=True, slots=True)
class EnteredDocument:
    """What a reviewer entered. salt: of the mark (attest.review); marked: the mark."""

    identity: Identity = field(repr=False)
    salt: bytes = field(repr=False)
    marked: bytes


@dataclass(frozen=True, slots=True)
class NewReview:
    """What the first reviewer signed for. account_token: None at a sign-up."""

    account_token: str | None
    consent: Consent
    invitation_code_hash: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Review:
    """A review, without name and document.

    account_token: drawn at a sign-up, whose account may not exist yet. mark: attest.review.
    paper: what the first reviewer signed, with the signature. confirm_paper: the second one's.
    """

    account_token: str
    review_id: str
    relying_party: str
    sign_up: bool
    state: ReviewState
    mark: bytes
    policy_version: str
    agreed_at: datetime
    invitation_code_hash: bytes | None = field(repr=False)
    reviewer_id: str
    reviewed_at: datetime
    paper: bytes = field(repr=False)
    confirmed_by: str | None = None
    confirmed_at: datetime | None = None
    confirm_paper: bytes | None = field(default=None, repr=False)

    @property
    def signed_token(self) -> str:
        """The account token that the first reviewer signed; empty at a sign-up."""
        return "" if self.sign_up else self.account_token

    @property
    def paper_digest(self) -> bytes:
        """What the second reviewer confirms."""
        return papers.digest(self.paper)


def check_document(
    *, real_name: str, document_type: DocumentType | None, number: str, now: ClockReading
) -> Identity:
    """Return the normalised name and document; raises InvalidError naming every invalid field.

    document_type: None for one that is not known. now: no reviewed number has a day, so its zone is UTC.
    """
    refusals: list[InvalidError] = []
    parsed_name = claim_rules.collected(refusals, lambda: name.parse(real_name, limit=name.LIMIT))
    parsed = claim_rules.collected(refusals, lambda: _parse(document_type, number, now))
    if parsed_name is None or parsed is None:
        raise claim_rules.all_of(refusals)
    return Identity(parsed_name, parsed)


def _parse(kind: DocumentType | None, number: str, now: ClockReading) -> document.Document:
    if kind not in REVIEWED:
        of_person = kind is not None and kind_of(kind) is SubjectKind.INDIVIDUAL
        code = FieldCode.RESIDENT_NUMBER if of_person else FieldCode.CHARACTER
        raise InvalidError(Reason.UNSUPPORTED_DOCUMENT, Violation("document.type", code))
    return document.parse(type=kind, number=number, today=now.business.date())


def check_count(*, count: int, oldest: datetime | None, now: datetime) -> None:
    """Raise ExhaustedError (TOO_MANY_REVIEWS) if a reviewer has signed as many as a day allows.

    count: of the last 24 hours. oldest: when the first of them was signed.
    """
    if count >= PER_DAY:
        raise ExhaustedError(Reason.TOO_MANY_REVIEWS, retry_after=(oldest or now) + DAY - now)


def sign(
    *,
    new: NewReview,
    seen: EnteredDocument,
    review_id: str,
    account_token: str,
    relying_party: str,
    reviewer_id: str,
    reviewers: int,
    paper: bytes,
    now: datetime,
) -> Review:
    """Return a new review. reviewers: how many the platform demands. account_token: the drawn one, too."""
    return Review(
        account_token=account_token,
        review_id=review_id,
        relying_party=relying_party,
        sign_up=new.account_token is None,
        state=ReviewState.SIGNED if reviewers == 1 else ReviewState.PROPOSED,
        mark=seen.marked,
        policy_version=new.consent.policy_version,
        agreed_at=new.consent.agree_time,
        invitation_code_hash=new.invitation_code_hash,
        reviewer_id=reviewer_id,
        reviewed_at=now,
        paper=paper,
    )


def state(*, review: Review, now: datetime) -> ReviewState:
    """Return the state as of now."""
    waits = review.state is ReviewState.PROPOSED
    return ReviewState.LAPSED if waits and now >= lapses_at(review=review) else review.state


def lapses_at(*, review: Review) -> datetime:
    """Return until when another reviewer can sign."""
    return review.reviewed_at + CONFIRM_WITHIN


def confirm(
    *,
    review: Review,
    seen: EnteredDocument,
    reviewer_id: str,
    paper_digest: bytes,
    paper: bytes,
    now: datetime,
) -> Review:
    """Return a review that a second reviewer has signed.

    Raises TransitionError, DeniedError (SELF_APPROVAL), InvalidError (INVALID_MESSAGE: paper_digest;
    document is OTHER_DOCUMENT if name, document or salt are others than the first reviewer's).
    """
    found = state(review=review, now=now)
    if found is not ReviewState.PROPOSED:
        raise TransitionError(state=found.value, wanted=ReviewState.SIGNED.value)
    if reviewer_id == review.reviewer_id:
        raise DeniedError(Reason.SELF_APPROVAL)
    if paper_digest != review.paper_digest:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("paper_digest", FieldCode.CHARACTER))
    if seen.marked != review.mark:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("document", FieldCode.OTHER_DOCUMENT))
    return replace(
        review,
        state=ReviewState.SIGNED,
        confirmed_by=reviewer_id,
        confirmed_at=now,
        confirm_paper=paper,
    )
