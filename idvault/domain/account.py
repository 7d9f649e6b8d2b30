"""The published status of an account and its life cycle.

- An account is VERIFIED until its expire_date, which is the first EXPIRED day.
- A status holds the kind, state, standing, assurance, the two dates and the revision, plus the category of
  an organisation that has been verified. It holds nothing else.
- The revision grows by one with every published change. An expiry that is due counts even before it is
  stored.
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
    """The verification state of an account."""

    UNVERIFIED = "UNVERIFIED"
    PENDING = "PENDING"
    VERIFIED = "VERIFIED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    ERASED = "ERASED"


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
class Account:
    """An account as the vault stores it.

    person_id: a random id, set at the first successful verification. organization_category: set at the same
    time if the owner is an organisation.
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


def new(*, account_token: str, relying_party: str, subject_kind: SubjectKind) -> Account:
    """Return the account of a sign-up whose claim is still pending."""
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
    """Return the account as of today: EXPIRED, with the next revision, if its verification has expired."""
    due = (
        account.state is AccountState.VERIFIED
        and account.expire_date is not None
        and account.expire_date <= today
    )
    return replace(account, state=AccountState.EXPIRED, revision=account.revision + 1) if due else account


def project(*, account: Account, today: date) -> Status:
    """Return the published status of an account; today is in the deployment's time zone."""
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
