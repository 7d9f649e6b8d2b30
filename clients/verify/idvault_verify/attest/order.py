"""The papers that an authority signs: orders, withdrawals, joint operations, answers (RFC 8032).

- A paper is encode(purpose, its parts), followed by the 64-byte Ed25519 signature of these bytes by the
  authority's roster key.
- Order: purpose "idvault/order/v1", then the fields of OrderTerms in their order. It names one platform and
  one target, so that no platform sees another's target and none can be given another's order.
- Withdrawal: purpose "idvault/order-withdrawal/v1", then the fields of WithdrawalTerms.
- Joint operation: purpose "idvault/joint-operation/v1", then the fields of JointTerms; categories and
  platforms are joined by commas, and platforms are sorted.
- Answer to a referral: purpose "idvault/referral-answer/v1", then the fields of AnswerTerms. Of the target it
  has a mark under a salt (attest.sanction.text_mark), so that nobody can try it once the salt is deleted.
- Times are seconds since 1970, days YYYY-MM-DD. Parsing is strict: the parsed content must encode to exactly
  the same bytes.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import TypeVar

from idvault_verify import order as rules
from idvault_verify import seal
from idvault_verify.attest import disclosure as papers
from idvault_verify.attest.disclosure import SIGNATURE_SIZE, PaperError
from idvault_verify.order import OrderMeasure
from idvault_verify.sanction import AuthorityOrder, SanctionCategory
from idvault_verify.tip_off import ReferralState, TargetKind

LONGEST_PAPER = 16 * 1024
_ORDER = "idvault/order/v1"
_WITHDRAWAL = "idvault/order-withdrawal/v1"
_OPERATION = "idvault/joint-operation/v1"
_ANSWER = "idvault/referral-answer/v1"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class OrderTerms:
    """An order. order_id: 16 random bytes in hex. authority, platform: their names in roster and certificate.

    reference: the authority's own. document_digest, document_size: SHA-256 and bytes of the attached
    document, which comes by another way. create_time, deadline: seconds since 1970 by the authority's clock.
    roster_digest: the roster version that the authority uses, in hex.
    """

    order_id: str
    authority: str
    platform: str
    target_kind: TargetKind
    target: str = field(repr=False)
    measure: OrderMeasure
    reference: str = field(repr=False)
    legal_basis: str = field(repr=False)
    document_digest: bytes
    document_size: int
    create_time: int
    deadline: int
    roster_digest: str

    def canonical(self) -> bytes:
        """Return the bytes that are signed."""
        return seal.encode(
            _ORDER,
            self.order_id,
            self.authority,
            self.platform,
            self.target_kind.value,
            self.target,
            self.measure.value,
            self.reference,
            self.legal_basis,
            self.document_digest,
            self.document_size,
            self.create_time,
            self.deadline,
            self.roster_digest,
        )

    def check(self) -> None:
        """Raise InvalidError (INVALID_MESSAGE, INVALID_ACCOUNT_TOKEN) unless the order may be given."""
        rules.check_id(self.order_id, field="order_id")
        rules.check_name(self.platform, field="platform")
        rules.check_target(self.target_kind, self.target)
        rules.check_measure(self.target_kind, self.measure)
        rules.check_text(self.reference, field="reference", limit=rules.REFERENCE_LENGTH)
        rules.check_text(self.legal_basis, field="legal_basis", limit=rules.LEGAL_BASIS_LENGTH)
        rules.check_document(digest=self.document_digest, size=self.document_size)
        rules.check_term(self.deadline_at - self.created_at)

    @property
    def created_at(self) -> datetime:
        """When it was signed."""
        return _time(self.create_time)

    @property
    def deadline_at(self) -> datetime:
        """By when it must be carried out."""
        return _time(self.deadline)


@dataclass(frozen=True, slots=True)
class WithdrawalTerms:
    """The withdrawal of an order. order_digest: SHA-256 of the signed order."""

    order_id: str
    order_digest: bytes
    authority: str
    reason: str = field(repr=False)
    create_time: int

    def canonical(self) -> bytes:
        """Return the bytes that are signed."""
        return seal.encode(
            _WITHDRAWAL, self.order_id, self.order_digest, self.authority, self.reason, self.create_time
        )

    def check(self) -> None:
        """Raise InvalidError (INVALID_MESSAGE) unless the withdrawal may be stored."""
        rules.check_id(self.order_id, field="order_id")
        rules.check_text(self.reason, field="reason", limit=rules.REASON_LENGTH)

    @property
    def created_at(self) -> datetime:
        """When it was signed."""
        return _time(self.create_time)


@dataclass(frozen=True, slots=True)
class JointTerms:
    """A joint operation of several platforms. operation_id: 16 random bytes in hex; platforms: sorted.

    first_day, last_day: of the deployment's time zone.
    """

    operation_id: str
    authority: str
    title: str = field(repr=False)
    categories: tuple[SanctionCategory, ...]
    platforms: tuple[str, ...]
    first_day: date
    last_day: date
    create_time: int
    roster_digest: str

    def canonical(self) -> bytes:
        """Return the bytes that are signed."""
        return seal.encode(
            _OPERATION,
            self.operation_id,
            self.authority,
            self.title,
            ",".join(each.value for each in self.categories),
            ",".join(self.platforms),
            self.first_day.isoformat(),
            self.last_day.isoformat(),
            self.create_time,
            self.roster_digest,
        )

    def check(self) -> None:
        """Raise InvalidError (INVALID_MESSAGE) unless the operation may be opened."""
        rules.check_id(self.operation_id, field="operation_id")
        rules.check_text(self.title, field="title", limit=rules.TITLE_LENGTH)
        rules.check_categories(self.categories)
        rules.check_platforms(self.platforms)
        rules.check_days(self.first_day, self.last_day, signed_on=self.created_at.date())

    @property
    def created_at(self) -> datetime:
        """When it was signed."""
        return _time(self.create_time)


@dataclass(frozen=True, slots=True)
class AnswerTerms:
    """The answer to a report that a platform referred. answer: ACCEPTED or DECLINED.

    referral_id: 16 random bytes in hex. category, target_kind, target_mark: what the authority has read.
    """

    referral_id: str
    authority: str
    platform: str
    answer: ReferralState
    category: SanctionCategory
    target_kind: TargetKind
    target_mark: bytes
    create_time: int
    roster_digest: str

    def canonical(self) -> bytes:
        """Return the bytes that are signed."""
        return seal.encode(
            _ANSWER,
            self.referral_id,
            self.authority,
            self.platform,
            self.answer.value,
            self.category.value,
            self.target_kind.value,
            self.target_mark,
            self.create_time,
            self.roster_digest,
        )

    def check(self) -> None:
        """Raise InvalidError (INVALID_MESSAGE) unless this may be an answer."""
        rules.check_id(self.referral_id, field="referral_id")
        rules.check_name(self.platform, field="platform")
        rules.check_answer(self.answer)
        rules.check_mark(self.target_mark)

    @property
    def created_at(self) -> datetime:
        """When it was signed."""
        return _time(self.create_time)


def digest(signed: bytes) -> bytes:
    """Return SHA-256 of a signed paper; it names an order, as the SHA-256 of a paper order names that."""
    return sha256(signed).digest()


def named(terms: OrderTerms, *, signed: bytes, organisation: str) -> AuthorityOrder:
    """Return an order as the statement of a sanction names it. organisation: of the authority's member."""
    return AuthorityOrder(organisation, terms.reference, terms.created_at.date(), digest(signed))


def parse_order(signed: bytes, *, field: str = "signed_order") -> OrderTerms:
    """Return the content of a signed order; raises PaperError. Does not check the signature."""
    parts = _parts(signed, _ORDER, 14, field)
    texts = [b"" if place == 9 else each for place, each in enumerate(parts)]
    found = [papers.text(each, field) for each in texts]
    terms = OrderTerms(
        order_id=found[1],
        authority=found[2],
        platform=found[3],
        target_kind=_word(TargetKind, found[4], field),
        target=found[5],
        measure=_word(OrderMeasure, found[6], field),
        reference=found[7],
        legal_basis=found[8],
        document_digest=parts[9],
        document_size=papers.integer(parts[10], field),
        create_time=papers.integer(parts[11], field),
        deadline=papers.integer(parts[12], field),
        roster_digest=found[13],
    )
    papers.check_spelling(terms.canonical(), signed, field)
    return terms


def parse_withdrawal(signed: bytes, *, field: str = "signed_withdrawal") -> WithdrawalTerms:
    """Return the content of a signed withdrawal; raises PaperError. Does not check the signature."""
    parts = _parts(signed, _WITHDRAWAL, 6, field)
    terms = WithdrawalTerms(
        papers.text(parts[1], field),
        parts[2],
        papers.text(parts[3], field),
        papers.text(parts[4], field),
        papers.integer(parts[5], field),
    )
    papers.check_spelling(terms.canonical(), signed, field)
    return terms


def parse_operation(signed: bytes, *, field: str = "signed_operation") -> JointTerms:
    """Return the content of a signed joint operation; raises PaperError. Does not check the signature."""
    found = [papers.text(each, field) for each in _parts(signed, _OPERATION, 10, field)]
    terms = JointTerms(
        operation_id=found[1],
        authority=found[2],
        title=found[3],
        categories=tuple(_word(SanctionCategory, each, field) for each in found[4].split(",")),
        platforms=tuple(found[5].split(",")),
        first_day=_day(found[6], field),
        last_day=_day(found[7], field),
        create_time=papers.integer(found[8].encode(), field),
        roster_digest=found[9],
    )
    papers.check_spelling(terms.canonical(), signed, field)
    return terms


def parse_answer(signed: bytes, *, field: str = "signed_answer") -> AnswerTerms:
    """Return the content of a signed answer; raises PaperError. Does not check the signature."""
    parts = _parts(signed, _ANSWER, 10, field)
    found = [papers.text(b"" if place == 7 else each, field) for place, each in enumerate(parts)]
    terms = AnswerTerms(
        referral_id=found[1],
        authority=found[2],
        platform=found[3],
        answer=_word(ReferralState, found[4], field),
        category=_word(SanctionCategory, found[5], field),
        target_kind=_word(TargetKind, found[6], field),
        target_mark=parts[7],
        create_time=papers.integer(parts[8], field),
        roster_digest=found[9],
    )
    papers.check_spelling(terms.canonical(), signed, field)
    return terms


def _parts(signed: bytes, purpose: str, count: int, field: str) -> list[bytes]:
    if len(signed) > LONGEST_PAPER:
        raise PaperError(field, "the paper is too long")
    found = papers.parts(signed[:-SIGNATURE_SIZE], field)
    if len(found) != count or found[0] != purpose.encode():
        raise PaperError(field, "this paper has another purpose")
    return found


def _word(kind: type[Word], value: str, field: str) -> Word:
    if value not in {each.value for each in kind}:
        raise PaperError(field, "the paper has a word that nobody knows")
    return kind(value)


def _day(value: str, field: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise PaperError(field, "the paper has a day that is none") from error


def _time(seconds: int) -> datetime:
    return _EPOCH + timedelta(seconds=seconds)
