"""An account's values, and the status that everybody may see."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from idvault_verify.organization import OrganizationCategory


class SubjectKind(StrEnum):
    """Who owns an account."""

    INDIVIDUAL = "INDIVIDUAL"
    ORGANIZATION = "ORGANIZATION"


class AccountState(StrEnum):
    """The verification state of an account."""

    UNVERIFIED = "UNVERIFIED"
    PENDING = "PENDING"
    VERIFIED = "VERIFIED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    ERASED = "ERASED"
    REVOKED = "REVOKED"


class Standing(StrEnum):
    """The sanctions on an account; each value includes those before it."""

    GOOD = "GOOD"
    WARNED = "WARNED"
    PUBLISHING_LIMITED = "PUBLISHING_LIMITED"
    RENEWAL_SUSPENDED = "RENEWAL_SUSPENDED"
    CLOSED = "CLOSED"


class Assurance(StrEnum):
    """What a state is based on."""

    NONE = "NONE"
    REGISTRY_MATCH = "REGISTRY_MATCH"


@dataclass(frozen=True, slots=True)
class StandingPeriod:
    """A standing that applies until a time; None: it has no end."""

    standing: Standing
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """An account as the vault stores it.

    person_id: a random id, set at a successful verification, None again once that is withdrawn (REVOKED).
    organization_category: set at the same
    time if the owner is an organisation. standing_until: when the standing falls by itself; later_standings:
    what follows then, each milder than the one before and with a later end. erase_at: when a requested
    erasure takes effect, None without one.
    """

    account_token: str
    relying_party: str
    subject_kind: SubjectKind
    state: AccountState
    standing: Standing
    assurance: Assurance
    revision: int
    verify_date: date | None = None
    expire_date: date | None = None
    person_id: str | None = None
    open_claim_id: str | None = None
    organization_category: OrganizationCategory | None = None
    standing_until: datetime | None = None
    later_standings: tuple[StandingPeriod, ...] = ()
    erase_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """Everything about an account that is visible outside the vault."""

    account_token: str
    subject_kind: SubjectKind
    state: AccountState
    standing: Standing
    assurance: Assurance
    revision: int
    verify_date: date | None
    expire_date: date | None
    organization_category: OrganizationCategory | None = None
    standing_until: datetime | None = None
    erase_at: datetime | None = None
