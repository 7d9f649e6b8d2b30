"""`Vault.public_accounts`: applications, terms, transfers and profiles of public accounts.

request_id: a UUID that you saved before the call, so that you can repeat it. Without one the client chooses
one. Every method raises VaultError and no exception of gRPC.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from idvault_client import codec
from idvault_client.backend.claim import Consent
from idvault_client.backend.rpc import AioRunCall, RequestId, Rpc, call, chosen_id
from idvault_client.backend.signing import by
from idvault_client.codec import Id, given
from idvault_verify.account import Standing
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.public_account import (
    Licence,
    PublicAccountCategory,
    PublicAccountKind,
    PublicAccountState,
    RejectReason,
)
from idvault_verify.v1 import public_account_pb2 as pb

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

    offer: the last one, None if there is none. close_time: when its owner closed it, None if nobody did.
    """

    profile: ReaderProfile
    account_token: Id
    apply_time: datetime
    expire_date: date | None
    reject_reason: RejectReason | None
    operators: tuple[ShownOperator, ...]
    offer: ShownOffer | None
    close_time: datetime | None

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


@dataclass(frozen=True, kw_only=True, slots=True)
class AioPublicAccountClient:
    """Public accounts. run: makes a call and returns its result, or raises VaultError; stream: several."""

    run: AioRunCall
    stream: Callable[[Rpc[Any]], AsyncIterator[Any]]

    async def apply(
        self, account_token: str, *, licence: Licence | None = None, request_id: RequestId = None
    ) -> OwnedPublicAccount:
        """File an application for a verified account.

        licence: declares a category. Raises NotFound, PreconditionFailed, and InvalidFields for the licence.
        """
        return await self.run(
            call(
                _SERVICE,
                "ApplyPublicAccount",
                OwnedPublicAccount,
                request_id=chosen_id(request_id),
                account_token=account_token,
                **given(licence=licence),
            )
        )

    async def approve(
        self, public_account_id: str, *, key: ModeratorKey | None = None, request_id: RequestId = None
    ) -> OwnedPublicAccount:
        """Open a public account. Check the result: it is REJECTED if its owner is not eligible.

        key: of the moderator who decides; None if your platform does by itself.
        """
        return await self.run(
            call(
                _SERVICE,
                "DecidePublicAccount",
                OwnedPublicAccount,
                request_id=chosen_id(request_id),
                public_account_id=public_account_id,
                decision=pb.DecidePublicAccountRequest.DECISION_APPROVE,
                sign=by(key, "public_account_id", "decision", "reason"),
            )
        )

    async def reject(
        self,
        public_account_id: str,
        reason: RejectReason,
        *,
        key: ModeratorKey | None = None,
        request_id: RequestId = None,
    ) -> OwnedPublicAccount:
        """Reject an application; raises PreconditionFailed with both states. key: as of `approve`."""
        return await self.run(
            call(
                _SERVICE,
                "DecidePublicAccount",
                OwnedPublicAccount,
                request_id=chosen_id(request_id),
                public_account_id=public_account_id,
                decision=pb.DecidePublicAccountRequest.DECISION_REJECT,
                reason=reason,
                sign=by(key, "public_account_id", "decision", "reason"),
            )
        )

    async def renew(
        self,
        public_account_id: str,
        *,
        licence: Licence | None = None,
        key: ModeratorKey | None = None,
        request_id: RequestId = None,
    ) -> OwnedPublicAccount:
        """Begin another term, with a new licence if one is given; raises PreconditionFailed.

        key: as of `approve`.
        """
        signed = ("licence.category", "licence.reference", "licence.expire_date")
        return await self.run(
            call(
                _SERVICE,
                "RenewPublicAccount",
                OwnedPublicAccount,
                request_id=chosen_id(request_id),
                public_account_id=public_account_id,
                **given(licence=licence),
                sign=by(key, "public_account_id", *signed),
            )
        )

    async def close(self, public_account_id: str, *, request_id: RequestId = None) -> OwnedPublicAccount:
        """Close a public account for good, as its owner wishes; raises PreconditionFailed."""
        return await self.run(
            call(
                _SERVICE,
                "ClosePublicAccount",
                OwnedPublicAccount,
                request_id=chosen_id(request_id),
                public_account_id=public_account_id,
            )
        )

    async def add_operator(
        self, public_account_id: str, account_token: str, *, request_id: RequestId = None
    ) -> OwnedPublicAccount:
        """Name a verified person's account that may publish for an organisation.

        Raises PreconditionFailed.
        """
        return await self.run(
            call(
                _SERVICE,
                "AddOperator",
                OwnedPublicAccount,
                request_id=chosen_id(request_id),
                public_account_id=public_account_id,
                account_token=account_token,
            )
        )

    async def remove_operator(
        self, public_account_id: str, account_token: str, *, request_id: RequestId = None
    ) -> OwnedPublicAccount:
        """Remove an operator's right to publish; raises NotFound for an unknown public account."""
        return await self.run(
            call(
                _SERVICE,
                "RemoveOperator",
                OwnedPublicAccount,
                request_id=chosen_id(request_id),
                public_account_id=public_account_id,
                account_token=account_token,
            )
        )

    async def offer_transfer(
        self, public_account_id: str, account_token: str, *, request_id: RequestId = None
    ) -> OwnedPublicAccount:
        """Offer a public account to another account, for 14 days; raises PreconditionFailed."""
        return await self.run(
            call(
                _SERVICE,
                "OfferTransfer",
                OwnedPublicAccount,
                request_id=chosen_id(request_id),
                public_account_id=public_account_id,
                account_token=account_token,
            )
        )

    async def accept_transfer(
        self, public_account_id: str, account_token: str, *, consent: Consent, request_id: RequestId = None
    ) -> OwnedPublicAccount:
        """Accept an offer for the account that it was made to; raises PreconditionFailed."""
        return await self.run(
            call(
                _SERVICE,
                "AcceptTransfer",
                OwnedPublicAccount,
                request_id=chosen_id(request_id),
                public_account_id=public_account_id,
                account_token=account_token,
                consent=consent,
            )
        )

    async def get(self, public_account_id: str) -> OwnedPublicAccount:
        """Return a public account as of now; raises NotFound."""
        return await self.run(
            call(_SERVICE, "GetPublicAccount", OwnedPublicAccount, public_account_id=public_account_id)
        )

    async def get_profile(self, public_account_id: str) -> ReaderProfile:
        """Return what readers may see of a public account; raises NotFound."""
        return await self.run(
            call(_SERVICE, "GetPublicProfile", ReaderProfile, public_account_id=public_account_id)
        )

    async def list_page(
        self,
        *,
        account_token: str | None = None,
        state: PublicAccountState | None = None,
        page_size: int = 100,
        page_token: str = "",
    ) -> PublicAccountPage:
        """Return a page of public accounts, oldest application first: of all, of one owner, in one state."""
        return await self.run(
            call(
                _SERVICE,
                "ListPublicAccounts",
                PublicAccountPage,
                account_token=account_token or "",
                **given(state=state),
                page_size=page_size,
                page_token=page_token,
            )
        )

    async def list_expiring_page(
        self, *, within_days: int = 60, page_size: int = 100, page_token: str = ""
    ) -> PublicAccountPage:
        """Return a page of public accounts whose term ends soon or has ended, the first to expire first."""
        return await self.run(
            call(
                _SERVICE,
                "ListExpiringPublicAccounts",
                PublicAccountPage,
                within_days=within_days,
                page_size=page_size,
                page_token=page_token,
            )
        )

    async def filings(
        self, *, category: PublicAccountCategory | None = None, as_of: date | None = None
    ) -> AsyncIterator[AccountFiling]:
        """Yield the live public accounts of a day, today's as of now; refuses a later one (InvalidFields)."""
        asked = given(category=category, as_of=as_of)
        async for part in self.stream(call(_SERVICE, "ExportPublicAccountFilings", _filings, **asked)):
            for filing in part:
                yield filing
