"""Public accounts as a backend sees them."""

from dataclasses import dataclass, field
from datetime import date, datetime

from idvault.public_account.rules.public_account import PublicAccountState, RejectReason
from idvault.verify.account import Standing
from idvault.verify.public_account import PublicAccountCategory, PublicAccountKind


@dataclass(frozen=True, slots=True)
class ShownLicence:
    """A declared category. expire_date: the first day on which it is no longer shown."""

    category: PublicAccountCategory | None
    reference: str = field(repr=False)
    expire_date: date


@dataclass(frozen=True, slots=True)
class ReaderProfile:
    """Everything that readers may see of a public account; of two, the one with the higher revision is newer.

    kind, category, state and standing are None for a value that this client does not know. since: the day of
    the approval. next_change_date: the next day on which the profile changes by itself. standing_until: when
    the standing falls by itself.
    """

    public_account_id: str
    kind: PublicAccountKind | None
    category: PublicAccountCategory | None
    licence: ShownLicence | None
    state: PublicAccountState | None
    standing: Standing | None
    since: date | None
    owner_changed_on: date | None
    revision: int
    next_change_date: date | None
    standing_until: datetime | None

    @property
    def publishes(self) -> bool:
        """Whether it may publish anything new: active, and neither suspended nor closed."""
        barred = (Standing.RENEWAL_SUSPENDED, Standing.CLOSED, None)
        return self.state is PublicAccountState.ACTIVE and self.standing not in barred


@dataclass(frozen=True, slots=True)
class ShownOperator:
    """An account that an organisation named; may_publish: whether it may publish for it now."""

    account_token: str
    may_publish: bool


@dataclass(frozen=True, slots=True)
class ShownOffer:
    """An offer to take a public account over, which counts until expire_time."""

    account_token: str
    offer_time: datetime
    expire_time: datetime


@dataclass(frozen=True, slots=True)
class OwnedPublicAccount:
    """A public account of one of your accounts. expire_date: the first day of its grace period.

    offer: the last one, None if there is none.
    """

    profile: ReaderProfile
    account_token: str
    apply_time: datetime
    expire_date: date | None
    reject_reason: RejectReason | None
    operators: tuple[ShownOperator, ...]
    offer: ShownOffer | None

    @property
    def public_account_id(self) -> str:
        """The public account."""
        return self.profile.public_account_id

    @property
    def state(self) -> PublicAccountState | None:
        """What it may do."""
        return self.profile.state


@dataclass(frozen=True, slots=True)
class AccountFiling:
    """A live public account as it was on a day, as you file it with the authority."""

    as_of: date
    public_account_id: str
    account_token: str
    kind: PublicAccountKind | None
    category: PublicAccountCategory | None
    licence: ShownLicence | None
    state: PublicAccountState | None
    standing: Standing | None
    since: date | None
    expire_date: date | None
    owner_changed_on: date | None


@dataclass(frozen=True, slots=True)
class PublicAccountPage:
    """A page of public accounts; next_page_token is empty at the end."""

    public_accounts: tuple[OwnedPublicAccount, ...]
    next_page_token: str
