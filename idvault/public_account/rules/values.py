"""What a public account is: its states, its stored value, and what readers see of it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from idvault.verify.account import Standing, StandingPeriod
from idvault.verify.public_account import Licence, PublicAccountCategory, PublicAccountKind

GRACE_DAYS = 30


class PublicAccountState(StrEnum):
    """The state of a public account."""

    APPLIED = "APPLIED"
    ACTIVE = "ACTIVE"
    GRACE = "GRACE"
    EXPIRED = "EXPIRED"
    CLOSED = "CLOSED"
    REJECTED = "REJECTED"


LIVE = frozenset({PublicAccountState.ACTIVE, PublicAccountState.GRACE})


class RejectReason(StrEnum):
    """Why an application was rejected."""

    INCOMPLETE = "INCOMPLETE"
    NAME_NOT_PERMITTED = "NAME_NOT_PERMITTED"
    CONTENT_NOT_PERMITTED = "CONTENT_NOT_PERMITTED"
    LICENCE_NOT_VALID = "LICENCE_NOT_VALID"
    OWNER_NOT_ELIGIBLE = "OWNER_NOT_ELIGIBLE"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True)
class Application:
    """What a platform asks for. public_account_id: 32 lower-case hex digits."""

    public_account_id: str
    relying_party: str
    account_token: str
    licence: Licence | None


@dataclass(frozen=True, slots=True)
class TransferOffer:
    """An offer to another account of the same platform to take a public account over."""

    account_token: str
    offered_at: datetime


@dataclass(frozen=True, slots=True)
class PublicAccount:
    """A public account as the vault stores it.

    account_token, person_id: its owner. since: the day of its approval. expire_date: the first day in GRACE.
    owner_changed_on: the day of the last transfer. standing, standing_until, later_standings: as of an
    account, by sanctions of the public account itself.
    """

    public_account_id: str
    relying_party: str
    account_token: str
    person_id: str
    kind: PublicAccountKind
    owner_category: PublicAccountCategory
    state: PublicAccountState
    revision: int
    applied_at: datetime
    licence: Licence | None = None
    reject_reason: RejectReason | None = None
    since: date | None = None
    expire_date: date | None = None
    owner_changed_on: date | None = None
    offer: TransferOffer | None = None
    standing: Standing = Standing.GOOD
    standing_until: datetime | None = None
    later_standings: tuple[StandingPeriod, ...] = ()

    @property
    def category(self) -> PublicAccountCategory:
        """The declared category, or else the owner's."""
        return self.owner_category if self.licence is None else self.licence.category

    @property
    def term_end(self) -> date | None:
        """The day on which the state changes by itself; None if it does not."""
        if self.expire_date is None or self.state not in LIVE:
            return None
        grace = self.state is PublicAccountState.GRACE
        return self.expire_date + timedelta(days=GRACE_DAYS) if grace else self.expire_date

    @property
    def due_on(self) -> date | None:
        """The next day on which anything changes by itself; None if there is none."""
        ends = [self.term_end]
        if self.licence is not None and (self.state in LIVE or self.state is PublicAccountState.APPLIED):
            ends.append(self.licence.expire_date)
        return min((end for end in ends if end is not None), default=None)


@dataclass(frozen=True, slots=True)
class PublicProfile:
    """Everything about a public account that readers see.

    next_change: the next day on which it changes by itself. standing_until: when the standing falls by
    itself.
    """

    public_account_id: str
    kind: PublicAccountKind
    category: PublicAccountCategory
    licence: Licence | None
    state: PublicAccountState
    standing: Standing
    since: date | None
    owner_changed_on: date | None
    revision: int
    next_change: date | None
    standing_until: datetime | None
