"""A disclosure's values, and what its texts and numbers may be."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from idvault_verify import token
from idvault_verify.error import FieldCode, InvalidError, Reason, Violation

CLOCK_DIFFERENCE = timedelta(minutes=10)  # between the auditor's computer and the service
USUAL_DAILY = 20  # requests of one auditor

USUAL_LIFETIME = timedelta(hours=72)
LONGEST_LIFETIME = timedelta(days=7)
SHORTEST_LIFETIME = timedelta(minutes=1)
MOST_OPENINGS = 3
LONGEST_CASE_REFERENCE = 200
LONGEST_LEGAL_BASIS = 500
LONGEST_PURPOSE = 1_000
LONGEST_REASON = 500
_ID = re.compile(r"[0-9a-f]{32}")
_ID_LENGTH = 32


class DisclosureState(StrEnum):
    """The state of a disclosure."""

    REQUESTED = "REQUESTED"
    APPROVED = "APPROVED"
    OPENED = "OPENED"
    DENIED = "DENIED"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"


class Verdict(StrEnum):
    """What a custodian decided."""

    APPROVE = "APPROVE"
    DENY = "DENY"


class HistoryFinding(StrEnum):
    """Why a roster member's client refused what the service returned."""

    NOT_IN_ROSTER = "NOT_IN_ROSTER"
    SIGNATURE_INVALID = "SIGNATURE_INVALID"
    NOT_IN_LOG = "NOT_IN_LOG"
    LOG_INVALID = "LOG_INVALID"
    LOG_FORKED = "LOG_FORKED"
    LOG_NOT_WITNESSED = "LOG_NOT_WITNESSED"
    OTHER_REQUEST = "OTHER_REQUEST"
    SHARE_WRONG = "SHARE_WRONG"
    SHARES_MISSING = "SHARES_MISSING"
    RECORD_DAMAGED = "RECORD_DAMAGED"
    TERMS_INVALID = "TERMS_INVALID"
    QUOTA_EXCEEDED = "QUOTA_EXCEEDED"
    NOT_A_MATCH = "NOT_A_MATCH"


@dataclass(frozen=True, slots=True)
class DecidingQuorum:
    """The record's present quorum, which decides. threshold: its M; size: its N."""

    quorum_id: str
    threshold: int
    size: int


@dataclass(frozen=True, slots=True)
class QuorumMember:
    """A custodian and its place in the record's present quorum, counted from 1."""

    name: str
    actor_id: str
    place: int


@dataclass(frozen=True, slots=True)
class Decision:
    """What one custodian decided, and when.

    released_at: when the share followed an approval. reported_at: when the auditor reported the share as
    wrong.
    """

    custodian: str
    place: int
    verdict: Verdict
    decided_at: datetime
    released_at: datetime | None = None
    reported_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One request to open one record, in its current state.

    disclosure_id: 16 random bytes in hex, chosen by the auditor's client. record_id: the record version
    that it is for; record_digest: the digest that the request's log entry fixes. openings: how many are
    allowed; opened: how many have happened. disclosed_at: when the M-th share was released. confirmed_at:
    when the auditor confirmed that the shares open the record.
    """

    disclosure_id: str
    auditor: str
    auditor_actor_id: str
    account_token: str
    record_id: str
    openings: int
    created_at: datetime
    expire_at: datetime
    state: DisclosureState = DisclosureState.REQUESTED
    opened: int = 0
    opened_at: datetime | None = None
    decisions: tuple[Decision, ...] = ()
    record_digest: bytes = b""
    disclosed_at: datetime | None = None
    confirmed_at: datetime | None = None

    def count(self, verdict: Verdict) -> int:
        """Return how many custodians gave this verdict."""
        return sum(decision.verdict is verdict for decision in self.decisions)

    @property
    def releases(self) -> int:
        """How many custodians released their share."""
        return sum(decision.released_at is not None for decision in self.decisions)

    @property
    def is_used_up(self) -> bool:
        """Whether every allowed opening has happened."""
        return self.opened >= self.openings


def check_id(disclosure_id: str, *, field: str = "disclosure_id") -> str:
    """Return the id unchanged, or raise InvalidError (INVALID_MESSAGE) naming the field."""
    if not disclosure_id:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation(field, FieldCode.REQUIRED))
    if len(disclosure_id) != _ID_LENGTH:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation(field, FieldCode.LENGTH))
    if not _ID.fullmatch(disclosure_id):
        raise InvalidError(Reason.INVALID_MESSAGE, Violation(field, FieldCode.CHARACTER))
    return disclosure_id


def check_terms(
    *,
    disclosure_id: str,
    account_token: str,
    case_reference: str,
    legal_basis: str,
    purpose: str,
    openings: int,
    lifetime: timedelta,
) -> None:
    """Raise InvalidError (INVALID_MESSAGE, INVALID_ACCOUNT_TOKEN) unless the terms of a request are valid."""
    check_id(disclosure_id)
    token.check(account_token)
    _check_text(case_reference, "case_reference", LONGEST_CASE_REFERENCE)
    _check_text(legal_basis, "legal_basis", LONGEST_LEGAL_BASIS)
    _check_text(purpose, "purpose", LONGEST_PURPOSE)
    if not 1 <= openings <= MOST_OPENINGS:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("openings", FieldCode.LENGTH))
    if not SHORTEST_LIFETIME <= lifetime <= LONGEST_LIFETIME:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("expire_time", FieldCode.LENGTH))


def check_reason(reason: str, *, field: str = "reason") -> str:
    """Return the reason of a denial unchanged, or raise InvalidError (INVALID_MESSAGE) naming the field."""
    _check_text(reason, field, LONGEST_REASON)
    return reason


def _check_text(text: str, field: str, longest: int) -> None:
    if not text.strip():
        raise InvalidError(Reason.INVALID_MESSAGE, Violation(field, FieldCode.REQUIRED))
    if len(text) > longest:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation(field, FieldCode.LENGTH))
    # With a control or formatting character, an approval card could show something other than the signed
    # text.
    if not text.isprintable():
        raise InvalidError(Reason.INVALID_MESSAGE, Violation(field, FieldCode.CHARACTER))
