"""An account's values, and the status that everybody may see."""

from collections.abc import Mapping
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
    """A fact that a verification established. An account has a set of them; they have no order.

    NONE: no fact; never in a set.
    """

    NONE = "NONE"
    REGISTRY_MATCH = "REGISTRY_MATCH"
    DOCUMENT_SEEN = "DOCUMENT_SEEN"
    HOLDER = "HOLDER"
    RESULT_ONLY = "RESULT_ONLY"


Assurances = frozenset[Assurance]
NO_ASSURANCE: Assurances = frozenset()


class MinimumAssurance(StrEnum):
    """What somebody demands of an account: one of some facts, or none in particular."""

    ANY = "ANY"
    HOLDER_OR_DOCUMENT_SEEN = "HOLDER_OR_DOCUMENT_SEEN"
    HOLDER = "HOLDER"

    @property
    def suffice(self) -> Assurances:
        """The facts of which one suffices; empty if none is needed."""
        return _SUFFICE[self]

    def holds(self, assurances: Assurances) -> bool:
        """Return whether an account with these facts meets the demand."""
        return self is MinimumAssurance.ANY or bool(self.suffice & assurances)

    def is_stated_by(self, word: str | None) -> bool:
        """Return whether whatever meets the minimum of a name meets this one; None: nothing was stated."""
        if self is MinimumAssurance.ANY:
            return True
        stated = MinimumAssurance.__members__.get(word or "", MinimumAssurance.ANY)
        return stated is not MinimumAssurance.ANY and stated.suffice <= self.suffice


_SUFFICE: Mapping[MinimumAssurance, Assurances] = {
    MinimumAssurance.ANY: NO_ASSURANCE,
    MinimumAssurance.HOLDER_OR_DOCUMENT_SEEN: frozenset({Assurance.HOLDER, Assurance.DOCUMENT_SEEN}),
    MinimumAssurance.HOLDER: frozenset({Assurance.HOLDER}),
}


def summary(assurances: Assurances) -> Assurance:
    """Return REGISTRY_MATCH if name and number were confirmed to belong together, else NONE.

    The one word that callers knew before there were several facts.
    """
    matched = bool(assurances & {Assurance.REGISTRY_MATCH, Assurance.HOLDER})
    return Assurance.REGISTRY_MATCH if matched else Assurance.NONE


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
    assurances: Assurances
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
    assurances: Assurances
    revision: int
    verify_date: date | None
    expire_date: date | None
    organization_category: OrganizationCategory | None = None
    standing_until: datetime | None = None
    erase_at: datetime | None = None
