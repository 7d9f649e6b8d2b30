"""A sanction's values: degree, scope, state and statement of reasons."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from idvault_verify.account import Standing


class OperationState(StrEnum):
    """Whether sanctions and reports may still name an operation."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"


class OrderState(StrEnum):
    """What has become of an order; one on paper is never ACKNOWLEDGED, OBJECTED or WITHDRAWN."""

    OPEN = "OPEN"
    CARRIED_OUT = "CARRIED_OUT"
    OVERDUE = "OVERDUE"
    CARRIED_OUT_LATE = "CARRIED_OUT_LATE"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    OBJECTED = "OBJECTED"
    WITHDRAWN = "WITHDRAWN"


class AppealState(StrEnum):
    """The state of an appeal."""

    FILED = "FILED"
    UPHELD = "UPHELD"
    REJECTED = "REJECTED"


class NarrowingState(StrEnum):
    """How far a sanction of a revoked account is on the way to concern that account alone."""

    OPEN = "OPEN"
    PROPOSED = "PROPOSED"
    NARROWED = "NARROWED"


class Degree(StrEnum):
    """How hard a sanction is; each includes those before it."""

    WARN = "WARN"
    LIMIT = "LIMIT"
    SUSPEND = "SUSPEND"
    CLOSE = "CLOSE"


class Scope(StrEnum):
    """Whom a sanction concerns."""

    ACCOUNT = "ACCOUNT"
    PERSON = "PERSON"


STANDINGS = {
    Degree.WARN: Standing.WARNED,
    Degree.LIMIT: Standing.PUBLISHING_LIMITED,
    Degree.SUSPEND: Standing.RENEWAL_SUSPENDED,
    Degree.CLOSE: Standing.CLOSED,
}


class SanctionState(StrEnum):
    """The state of a sanction."""

    PROPOSED = "PROPOSED"
    IN_FORCE = "IN_FORCE"
    LIFTED = "LIFTED"
    LAPSED = "LAPSED"
    OVERTURNED = "OVERTURNED"


class Ground(StrEnum):
    """What a sanction is based on."""

    ILLEGAL = "ILLEGAL"
    AGAINST_TERMS = "AGAINST_TERMS"


class SanctionCategory(StrEnum):
    """What the owner did."""

    RUMOUR = "RUMOUR"
    VIOLENCE = "VIOLENCE"
    TERRORISM = "TERRORISM"
    PORNOGRAPHY = "PORNOGRAPHY"
    FRAUD = "FRAUD"
    NATIONAL_SECURITY = "NATIONAL_SECURITY"
    IMPERSONATION = "IMPERSONATION"
    PRIVACY = "PRIVACY"
    OTHER = "OTHER"


class Origin(StrEnum):
    """How it came to light."""

    TIP_OFF = "TIP_OFF"
    OWN_INITIATIVE = "OWN_INITIATIVE"
    AUTHORITY = "AUTHORITY"


class Automation(StrEnum):
    """Whether a program did a part of the work."""

    NONE = "NONE"
    PARTIAL = "PARTIAL"
    FULL = "FULL"


class IssuerKind(StrEnum):
    """Whose sanction it is."""

    PLATFORM = "PLATFORM"
    AUTHORITY = "AUTHORITY"


@dataclass(frozen=True, slots=True)
class AuthorityOrder:
    """The order that a sanction of an authority carries out. digest: SHA-256 of the order."""

    authority: str
    reference: str = field(repr=False)
    issued_on: date
    digest: bytes


@dataclass(frozen=True, slots=True)
class StatementOfReasons:
    """Why an account is sanctioned. end_at: None if the sanction has no end; order: of an authority."""

    ground: Ground
    category: SanctionCategory
    rule_reference: str = field(repr=False)
    case_reference: str = field(repr=False)
    evidence: tuple[bytes, ...] = field(repr=False)
    origin: Origin
    detection: Automation
    decision: Automation
    territory: str
    redress: str = field(repr=False)
    issuer_kind: IssuerKind
    end_at: datetime | None = None
    tip_off: str = field(default="", repr=False)
    order: AuthorityOrder | None = None
