"""Checks what an authority signed, offline: by the roster alone, so that no vault can invent or alter it.

The checks of an order are in this order, and so are those of a joint operation and of an answer:

- the paper can be read, and says what an order may say (NOT_AN_ORDER);
- it is for this platform (OTHER_PLATFORM);
- an answer is of the report that is given, by the authority to which that was referred (OTHER_REFERRAL);
- the roster version that it names is at hand (OTHER_ROSTER), and has the authority (NOT_AN_AUTHORITY);
- the signature is by the key that the authority has there (SIGNATURE_INVALID);
- the authority still has this key in the version in force (AUTHORITY_REVOKED), unless the paper was checked
  before: an order stays valid after its authority is gone, but nobody can make an earlier one afterwards.

A withdrawal can be read (NOT_AN_ORDER), is of the order that is given (OTHER_ORDER) and by its authority
(NOT_AN_AUTHORITY), and is signed by a key that this had in any version (SIGNATURE_INVALID).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from idvault_verify.attest import disclosure as papers
from idvault_verify.attest import order as orders
from idvault_verify.attest import sanction as decisions
from idvault_verify.attest.disclosure import SignatureError
from idvault_verify.attest.order import AnswerTerms, JointTerms, OrderTerms, WithdrawalTerms
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.people.roster_member import RosterMember
from idvault_verify.error import InvalidError
from idvault_verify.offline.proof import UnverifiedError
from idvault_verify.sanction import AuthorityOrder, SanctionCategory
from idvault_verify.tip_off import ReferralState, TipOffTarget

AUTHORITY = "authority"


class OrderError(UnverifiedError):
    """An order, a withdrawal, a joint operation or an answer that must not be followed."""


@dataclass(frozen=True, slots=True)
class CheckedOrder:
    """An order that its authority gave. order: as the statement of a sanction names it."""

    terms: OrderTerms
    authority: RosterMember = field(repr=False)
    order: AuthorityOrder


@dataclass(frozen=True, slots=True)
class CheckedOperation:
    """A joint operation that its authority opened."""

    terms: JointTerms
    authority: RosterMember = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReferredReport:
    """A report that was referred, as whoever checks its answer knows it. authority: its name in the roster.

    answer, category: None if the reader does not know the word; then no answer is of it. target: None once
    the texts of the report are deleted, with the salt; then the answer's mark is not compared.
    """

    referral_id: str
    authority: str
    platform: str
    answer: ReferralState | None
    category: SanctionCategory | None
    target: TipOffTarget | None
    salt: bytes = field(default=b"", repr=False)

    def mark(self) -> bytes:
        """Return the mark of the target, empty without a salt of its one size.

        A longer or shorter salt could make the mark of one target that of another one.
        """
        if self.target is None or len(self.salt) != decisions.SALT_SIZE:
            return b""
        return decisions.text_mark(self.target.key, salt=self.salt)


def check(signed: bytes, *, platform: str, versions: Sequence[Roster], known: bool = False) -> CheckedOrder:
    """Return an order to this platform; raises OrderError.

    versions: every version of the roster, verified (attest.people.roster_chain). known: whether the order was
    checked before, when its authority was in the roster.
    """
    terms = _order(signed)
    if terms.platform != platform:
        raise OrderError("OTHER_PLATFORM", f"the order is for {terms.platform!a}, not for {platform}")
    signer = _signer(signed, terms.authority, terms.roster_digest, versions, known=known)
    return CheckedOrder(terms, signer, orders.named(terms, signed=signed, organisation=signer.organisation))


def check_by_key(signed: bytes, *, public_key: bytes) -> OrderTerms:
    """Return an order of whoever has a key; raises OrderError (NOT_AN_ORDER, SIGNATURE_INVALID).

    Whose key it is, and since when, the caller knows from elsewhere: the order names an authority by itself.
    """
    terms = _order(signed)
    _check_key(signed, terms.authority, public_key)
    return terms


def check_operation_by_key(signed: bytes, *, public_key: bytes) -> JointTerms:
    """Return a joint operation of whoever has a key; raises OrderError, as `check_by_key` does."""
    terms = _operation(signed)
    _check_key(signed, terms.authority, public_key)
    return terms


def _check_key(signed: bytes, authority: str, public_key: bytes) -> None:
    try:
        papers.check_key(signed, public_key=public_key, name=repr(authority), field="signed_order")
    except SignatureError as error:
        raise OrderError("SIGNATURE_INVALID", "the signature is not by this key") from error


def _order(signed: bytes) -> OrderTerms:
    try:
        terms = orders.parse_order(signed)
        terms.check()
    except (InvalidError, OverflowError) as error:
        raise OrderError("NOT_AN_ORDER", f"this is no order: {error}") from error
    return terms


def _operation(signed: bytes) -> JointTerms:
    try:
        terms = orders.parse_operation(signed)
        terms.check()
    except (InvalidError, OverflowError) as error:
        raise OrderError("NOT_AN_ORDER", f"this is no joint operation: {error}") from error
    return terms


def check_withdrawal(signed: bytes, *, of: bytes, versions: Sequence[Roster]) -> WithdrawalTerms:
    """Return the withdrawal of a signed order; raises OrderError.

    It may be by a later key of the same member.
    """
    try:
        terms, order = orders.parse_withdrawal(signed), orders.parse_order(of)
        terms.check()
    except (InvalidError, OverflowError) as error:
        raise OrderError("NOT_AN_ORDER", f"this is no withdrawal: {error}") from error
    if (terms.order_id, terms.order_digest) != (order.order_id, orders.digest(of)):
        raise OrderError("OTHER_ORDER", "the withdrawal is of another order")
    if terms.authority != order.authority:
        raise OrderError("NOT_AN_AUTHORITY", "the withdrawal is by another authority than the order")
    for version in reversed(versions):
        signer = _member(version, terms.authority)
        if signer is not None and _is_signed(signed, signer):
            return terms
    raise OrderError("SIGNATURE_INVALID", f"the signature is not that of {terms.authority!a}")


def check_operation(
    signed: bytes, *, platform: str, versions: Sequence[Roster], known: bool = False
) -> CheckedOperation:
    """Return a joint operation in which this platform takes part; raises OrderError, as `check` does."""
    terms = _operation(signed)
    if platform not in terms.platforms:
        raise OrderError("OTHER_PLATFORM", f"{platform} takes no part in the operation")
    return CheckedOperation(
        terms, _signer(signed, terms.authority, terms.roster_digest, versions, known=known)
    )


def check_answer(
    signed: bytes, *, report: ReferredReport, versions: Sequence[Roster], known: bool = False
) -> AnswerTerms:
    """Return an authority's answer to a report that was referred to it; raises OrderError.

    report: in the platform's own words, but the salt. known: as of `check`.
    """
    try:
        terms = orders.parse_answer(signed)
        terms.check()
    except (InvalidError, OverflowError) as error:
        raise OrderError("NOT_AN_ORDER", f"this is no answer to a referral: {error}") from error
    if terms.platform != report.platform:
        raise OrderError("OTHER_PLATFORM", f"the answer is for {terms.platform!a}, not for {report.platform}")
    if not _is_of(terms, report):
        raise OrderError("OTHER_REFERRAL", "the answer is of another report, or says something else of it")
    _signer(signed, terms.authority, terms.roster_digest, versions, known=known)
    return terms


def _is_of(terms: AnswerTerms, report: ReferredReport) -> bool:
    said = (terms.referral_id, terms.authority, terms.answer, terms.category)
    if said != (report.referral_id, report.authority, report.answer, report.category):
        return False
    if report.target is None:
        return True
    return (terms.target_kind, terms.target_mark) == (report.target.kind, report.mark())


def _signer(
    signed: bytes, name: str, roster_digest: str, versions: Sequence[Roster], *, known: bool
) -> RosterMember:
    named = next((each for each in versions if each.digest() == roster_digest), None)
    if named is None:
        raise OrderError("OTHER_ROSTER", "the paper names a version of the roster that is not at hand")
    signer = _member(named, name)
    if signer is None:
        raise OrderError("NOT_AN_AUTHORITY", f"the roster has no authority named {name!a}")
    if not _is_signed(signed, signer):
        raise OrderError("SIGNATURE_INVALID", f"the signature is not that of {name!a}")
    today = _member(versions[-1], name)
    if not known and (today is None or today.ed25519 != signer.ed25519):
        raise OrderError("AUTHORITY_REVOKED", f"{name!a} has this key no more in the roster in force")
    return signer


def _member(version: Roster, name: str) -> RosterMember | None:
    return next((each for each in version.people if (each.name, each.role) == (name, AUTHORITY)), None)


def _is_signed(signed: bytes, signer: RosterMember) -> bool:
    try:
        papers.check_signature(signed, roster_member=signer, field="signed_order")
    except SignatureError:
        return False
    return True
