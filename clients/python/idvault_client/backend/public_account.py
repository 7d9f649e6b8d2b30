"""`Vault.public_accounts`: applications, terms, transfers and profiles of public accounts.

request_id: a UUID that you saved before the call, so that you can repeat it. Without one the client chooses
one. Every method raises VaultError and no exception of gRPC.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from idvault.public_account.rules.public_account import PublicAccountState, RejectReason
from idvault.v1 import public_account_pb2 as pb
from idvault.verify.account import Standing
from idvault.verify.attest.moderator_key import ModeratorKey
from idvault.verify.public_account import Licence, PublicAccountCategory, PublicAccountKind
from idvault_client import codec
from idvault_client.backend.claim import Consent
from idvault_client.backend.rpc import RequestId, Rpc, awaited, blocking, call, chosen_id
from idvault_client.backend.signing import by
from idvault_client.codec import Id, given

_SERVICE = pb.DESCRIPTOR.services_by_name["PublicAccountService"]


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

    public_account_id: Id
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
    account_token: Id
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
    public_account_id: Id
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


def _filings(answer: pb.ExportPublicAccountFilingsResponse) -> tuple[AccountFiling, ...]:
    as_of = date.fromisoformat(answer.as_of)
    return tuple(codec.read(AccountFiling, each, as_of=as_of) for each in answer.filings)


def apply(
    account_token: str, *, licence: Licence | None = None, request_id: RequestId = None
) -> Rpc[OwnedPublicAccount]:
    """File an application for a verified account.

    licence: declares a category. Raises NotFound, PreconditionFailed, and InvalidFields for the licence.
    """
    return call(
        _SERVICE,
        "ApplyPublicAccount",
        OwnedPublicAccount,
        request_id=chosen_id(request_id),
        account_token=account_token,
        **given(licence=licence),
    )


def approve(
    public_account_id: str, *, key: ModeratorKey | None = None, request_id: RequestId = None
) -> Rpc[OwnedPublicAccount]:
    """Open a public account. Check the result: it is REJECTED if its owner is not eligible.

    key: of the moderator who decides; None if your platform does by itself.
    """
    return call(
        _SERVICE,
        "DecidePublicAccount",
        OwnedPublicAccount,
        request_id=chosen_id(request_id),
        public_account_id=public_account_id,
        decision=pb.DecidePublicAccountRequest.DECISION_APPROVE,
        sign=by(key, "public_account_id", "decision", "reason"),
    )


def reject(
    public_account_id: str,
    reason: RejectReason,
    *,
    key: ModeratorKey | None = None,
    request_id: RequestId = None,
) -> Rpc[OwnedPublicAccount]:
    """Reject an application; raises PreconditionFailed with both states. key: as of `approve`."""
    return call(
        _SERVICE,
        "DecidePublicAccount",
        OwnedPublicAccount,
        request_id=chosen_id(request_id),
        public_account_id=public_account_id,
        decision=pb.DecidePublicAccountRequest.DECISION_REJECT,
        reason=reason,
        sign=by(key, "public_account_id", "decision", "reason"),
    )


def renew(
    public_account_id: str,
    *,
    licence: Licence | None = None,
    key: ModeratorKey | None = None,
    request_id: RequestId = None,
) -> Rpc[OwnedPublicAccount]:
    """Begin another term, with a new licence if one is given; raises PreconditionFailed.

    key: as of `approve`.
    """
    signed = ("licence.category", "licence.reference", "licence.expire_date")
    return call(
        _SERVICE,
        "RenewPublicAccount",
        OwnedPublicAccount,
        request_id=chosen_id(request_id),
        public_account_id=public_account_id,
        **given(licence=licence),
        sign=by(key, "public_account_id", *signed),
    )


def close(public_account_id: str, *, request_id: RequestId = None) -> Rpc[OwnedPublicAccount]:
    """Close a public account for good, as its owner wishes; raises PreconditionFailed."""
    return call(
        _SERVICE,
        "ClosePublicAccount",
        OwnedPublicAccount,
        request_id=chosen_id(request_id),
        public_account_id=public_account_id,
    )


def add_operator(
    public_account_id: str, account_token: str, *, request_id: RequestId = None
) -> Rpc[OwnedPublicAccount]:
    """Name a verified person's account that may publish for an organisation; raises PreconditionFailed."""
    return call(
        _SERVICE,
        "AddOperator",
        OwnedPublicAccount,
        request_id=chosen_id(request_id),
        public_account_id=public_account_id,
        account_token=account_token,
    )


def remove_operator(
    public_account_id: str, account_token: str, *, request_id: RequestId = None
) -> Rpc[OwnedPublicAccount]:
    """Remove an operator's right to publish; raises NotFound for an unknown public account."""
    return call(
        _SERVICE,
        "RemoveOperator",
        OwnedPublicAccount,
        request_id=chosen_id(request_id),
        public_account_id=public_account_id,
        account_token=account_token,
    )


def offer_transfer(
    public_account_id: str, account_token: str, *, request_id: RequestId = None
) -> Rpc[OwnedPublicAccount]:
    """Offer a public account to another account, for 14 days; raises PreconditionFailed."""
    return call(
        _SERVICE,
        "OfferTransfer",
        OwnedPublicAccount,
        request_id=chosen_id(request_id),
        public_account_id=public_account_id,
        account_token=account_token,
    )


def accept_transfer(
    public_account_id: str, account_token: str, *, consent: Consent, request_id: RequestId = None
) -> Rpc[OwnedPublicAccount]:
    """Accept an offer for the account that it was made to; raises PreconditionFailed."""
    return call(
        _SERVICE,
        "AcceptTransfer",
        OwnedPublicAccount,
        request_id=chosen_id(request_id),
        public_account_id=public_account_id,
        account_token=account_token,
        consent=consent,
    )


def get(public_account_id: str) -> Rpc[OwnedPublicAccount]:
    """Return a public account as of now; raises NotFound."""
    return call(_SERVICE, "GetPublicAccount", OwnedPublicAccount, public_account_id=public_account_id)


def get_profile(public_account_id: str) -> Rpc[ReaderProfile]:
    """Return what readers may see of a public account; raises NotFound."""
    return call(_SERVICE, "GetPublicProfile", ReaderProfile, public_account_id=public_account_id)


def list_page(
    *,
    account_token: str | None = None,
    state: PublicAccountState | None = None,
    page_size: int = 100,
    page_token: str = "",
) -> Rpc[PublicAccountPage]:
    """Return a page of public accounts, the oldest application first: of all, of one owner, in one state."""
    return call(
        _SERVICE,
        "ListPublicAccounts",
        PublicAccountPage,
        account_token=account_token or "",
        **given(state=state),
        page_size=page_size,
        page_token=page_token,
    )


def list_expiring_page(
    *, within_days: int = 60, page_size: int = 100, page_token: str = ""
) -> Rpc[PublicAccountPage]:
    """Return a page of public accounts whose term ends soon or has ended, the first to expire first."""
    return call(
        _SERVICE,
        "ListExpiringPublicAccounts",
        PublicAccountPage,
        within_days=within_days,
        page_size=page_size,
        page_token=page_token,
    )


def export_filings(
    *, category: PublicAccountCategory | None = None, as_of: date | None = None
) -> Rpc[tuple[AccountFiling, ...]]:
    """Return the stream of the live public accounts of a day: today's as of now, or a past day's."""
    return call(_SERVICE, "ExportPublicAccountFilings", _filings, **given(category=category, as_of=as_of))


@dataclass(frozen=True, kw_only=True, slots=True)
class PublicAccountClient:
    """Public accounts. run: makes a call and returns its result, or raises VaultError; stream: several."""

    run: Callable[[Rpc[Any]], Any]
    stream: Callable[[Rpc[Any]], Iterator[Any]]

    apply = blocking(apply)
    approve = blocking(approve)
    reject = blocking(reject)
    renew = blocking(renew)
    close = blocking(close)
    add_operator = blocking(add_operator)
    remove_operator = blocking(remove_operator)
    offer_transfer = blocking(offer_transfer)
    accept_transfer = blocking(accept_transfer)
    get = blocking(get)
    get_profile = blocking(get_profile)
    list_page = blocking(list_page)
    list_expiring_page = blocking(list_expiring_page)

    def filings(
        self, *, category: PublicAccountCategory | None = None, as_of: date | None = None
    ) -> Iterator[AccountFiling]:
        """Yield the live public accounts of a day, today's as of now; refuses a later one (InvalidFields)."""
        for part in self.stream(export_filings(category=category, as_of=as_of)):
            yield from part


@dataclass(frozen=True, kw_only=True, slots=True)
class AioPublicAccountClient:
    """The same, awaited."""

    run: Callable[[Rpc[Any]], Awaitable[Any]]
    stream: Callable[[Rpc[Any]], AsyncIterator[Any]]

    apply = awaited(apply)
    approve = awaited(approve)
    reject = awaited(reject)
    renew = awaited(renew)
    close = awaited(close)
    add_operator = awaited(add_operator)
    remove_operator = awaited(remove_operator)
    offer_transfer = awaited(offer_transfer)
    accept_transfer = awaited(accept_transfer)
    get = awaited(get)
    get_profile = awaited(get_profile)
    list_page = awaited(list_page)
    list_expiring_page = awaited(list_expiring_page)

    async def filings(
        self, *, category: PublicAccountCategory | None = None, as_of: date | None = None
    ) -> AsyncIterator[AccountFiling]:
        """Yield the live public accounts of a day, today's as of now; refuses a later one (InvalidFields)."""
        async for part in self.stream(export_filings(category=category, as_of=as_of)):
            for filing in part:
                yield filing
