"""The published status of an account, and the life it goes through.

- An account is VERIFIED until its expire_date, which is the first EXPIRED day.
- A status never says more than kind, state, standing, assurance, the two days, the revision, and of an
  organisation that was once verified its category.
- The revision grows by one with every published change; an expiry that is due counts before it is stored.
"""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from idvault.domain.organization import OrganizationCategory


class SubjectKind(StrEnum):
    """Who owns an account."""

    INDIVIDUAL = "INDIVIDUAL"
    ORGANIZATION = "ORGANIZATION"


class AccountState(StrEnum):
    """Where the verification of an account's owner stands."""

    UNVERIFIED = "UNVERIFIED"
    PENDING = "PENDING"
    VERIFIED = "VERIFIED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    ERASED = "ERASED"


class Standing(StrEnum):
    """What sanctions apply; each includes those before it."""

    GOOD = "GOOD"
    WARNED = "WARNED"
    PUBLISHING_LIMITED = "PUBLISHING_LIMITED"
    RENEWAL_SUSPENDED = "RENEWAL_SUSPENDED"
    CLOSED = "CLOSED"


class Assurance(StrEnum):
    """How sure a state is."""

    NONE = "NONE"
    REGISTRY_MATCH = "REGISTRY_MATCH"


@dataclass(frozen=True, slots=True)
class Account:
    """An account as the vault keeps it; person_id is a random id, set once somebody was verified.

    organization_category: set with it where the owner is an organisation.
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


@dataclass(frozen=True, slots=True)
class Status:
    """All that anybody outside ever sees of an identity."""

    account_token: str
    subject_kind: SubjectKind
    state: AccountState
    standing: Standing
    assurance: Assurance
    revision: int
    verify_date: date | None
    expire_date: date | None
    organization_category: OrganizationCategory | None = None


def new(*, account_token: str, relying_party: str, subject_kind: SubjectKind) -> Account:
    """Return the account of a sign-up that has not been answered yet."""
    return Account(
        account_token,
        relying_party,
        subject_kind,
        AccountState.PENDING,
        Standing.GOOD,
        Assurance.NONE,
        revision=1,
    )


def expire(*, account: Account, today: date) -> Account:
    """Return the account as it is today: EXPIRED with the next revision if its confirmation has run out."""
    due = (
        account.state is AccountState.VERIFIED
        and account.expire_date is not None
        and account.expire_date <= today
    )
    return replace(account, state=AccountState.EXPIRED, revision=account.revision + 1) if due else account


def project(*, account: Account, today: date) -> Status:
    """Return the published status of an account on a day of the deployment's time zone."""
    shown = expire(account=account, today=today)
    return Status(
        shown.account_token,
        shown.subject_kind,
        shown.state,
        shown.standing,
        shown.assurance,
        shown.revision,
        shown.verify_date,
        shown.expire_date,
        shown.organization_category,
    )
