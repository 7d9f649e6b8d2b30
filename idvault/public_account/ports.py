"""Storage of public accounts. An act and its log entry must be one atomic, durable step.

Every method raises UnavailableError (STORE_UNAVAILABLE) if the store cannot answer. A request row comes first
in every act: a repeat writes nothing and returns what the request made, as it is now; another body raises
AlreadyExistsError (REQUEST_ID_REUSED).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Protocol

from idvault.core.policy import PublicAccountLimits
from idvault.core.request import Request
from idvault.public_account.rules.owner import Closing
from idvault.public_account.rules.public_account import (
    Application,
    PublicAccount,
    PublicAccountState,
    RejectReason,
)
from idvault.verify.account import Account
from idvault.verify.clock import ClockReading
from idvault.verify.event import Event
from idvault.verify.public_account import Licence


@dataclass(frozen=True, slots=True)
class Owned:
    """A public account, its owner's account and those of its operators, all as they are stored."""

    public_account: PublicAccount
    owner: Account
    operators: tuple[Account, ...] = ()


@dataclass(frozen=True, slots=True)
class Present:
    """When an act happens. zone: the deployment's time zone."""

    now: ClockReading
    zone: tzinfo

    @property
    def today(self) -> date:
        """The business day in the deployment's time zone."""
        return self.now.today(self.zone)

    @property
    def time(self) -> datetime:
        """The business time."""
        return self.now.business


class PublicAccountStore(Protocol):
    """The public accounts of relying parties.

    An act that changes one locks the owner's account first, so that the later of two decisions sees the
    earlier one. It first stores what has come due (public_account.rules.public_account.fall).
    """

    async def apply(
        self, application: Application, *, request: Request, present: Present, event: Event
    ) -> Owned:
        """Store the result of the rules' `apply`; raises what that raises.

        The account must belong to the relying party, else NotFoundError (ACCOUNT_NOT_FOUND).
        """
        ...

    async def approve(
        self,
        found: Owned,
        *,
        limits: PublicAccountLimits,
        request: Request,
        present: Present,
        approved: Event,
        rejected: Event,
    ) -> Owned:
        """Store the result of the rules' `approve`, with the event of its result.

        Must count the owner's public accounts by person while no other act can approve one for the same
        person, and must read closings after them: one that is seen as closed is seen with what closed it.
        """
        ...

    async def reject(
        self,
        found: Owned,
        *,
        reason: RejectReason,
        limits: PublicAccountLimits,
        request: Request,
        present: Present,
        event: Event,
    ) -> Owned:
        """Store the result of the rules' `reject`; raises what that raises.

        Must do the same work as `approve`: neither its statements nor its time may tell the two apart.
        """
        ...

    async def renew(
        self,
        found: Owned,
        *,
        licence: Licence | None,
        days: int,
        request: Request,
        present: Present,
        event: Event,
    ) -> Owned:
        """Store the result of the rules' `renew`; raises what that raises."""
        ...

    async def close(self, found: Owned, *, request: Request, present: Present, event: Event) -> Owned:
        """Store the result of the rules' `close`; raises what that raises."""
        ...

    async def fall(self, found: Owned, *, present: Present, event: Event) -> bool:
        """Store the next step of the rules that is due, with its event.

        Must change nothing and return False unless the stored revision is that of `found` and a step is due.
        """
        ...

    async def due(self, *, today: date, limit: int) -> list[Owned]:
        """Return public accounts with a step that is due and not stored, the longest due first."""
        ...

    async def get(self, *, relying_party: str, public_account_id: str) -> Owned:
        """Return a public account; raises NotFoundError (PUBLIC_ACCOUNT_NOT_FOUND), also for another's."""
        ...

    async def owned(self, *, relying_party: str, person_id: str) -> Sequence[Owned]:
        """Return the public accounts of a person or organisation that are stored as live.

        Others cannot become live by themselves: these are all that may count.
        """
        ...

    async def closings(self, *, relying_party: str, person_id: str) -> Sequence[Closing]:
        """Return each CLOSE in force of a person's public accounts and of the accounts that have them."""
        ...

    async def expiring(
        self, *, relying_party: str, until: date, after: tuple[date, str] | None, limit: int, present: Present
    ) -> list[Owned]:
        """Return live public accounts whose expire_date is at or before a day, the first to expire first.

        after: the expire_date and id of the last one of the page before.
        """
        ...

    async def list(
        self,
        *,
        relying_party: str,
        account_token: str | None,
        state: PublicAccountState | None,
        after: str,
        limit: int,
        present: Present,
    ) -> list[Owned]:
        """Return up to limit public accounts after the one `after` (empty: from the first), oldest first.

        account_token, state: only of this owner, only in this state as of now. Raises InvalidError
        (INVALID_MESSAGE, page_token) for an unknown `after`. A new application must not move another one.
        """
        ...


class OwnershipStore(Protocol):
    """Who may publish for a public account, and to whom it moves; acts as in PublicAccountStore.

    Every act raises NotFoundError (ACCOUNT_NOT_FOUND) unless the other account is the relying party's.
    """

    async def add_operator(
        self, found: Owned, *, account_token: str, request: Request, present: Present, event: Event
    ) -> Owned:
        """Store the result of the rules' `operator.add`; writes nothing if the account is an operator."""
        ...

    async def remove_operator(
        self, found: Owned, *, account_token: str, request: Request, present: Present, event: Event
    ) -> Owned:
        """Store the result of the rules' `operator.remove`; writes nothing if the account is no operator."""
        ...

    async def offer(
        self, found: Owned, *, account_token: str, request: Request, present: Present, event: Event
    ) -> Owned:
        """Store the result of the rules' `transfer.offer`; raises what that raises."""
        ...

    async def accept(
        self,
        found: Owned,
        *,
        account_token: str,
        limits: PublicAccountLimits,
        request: Request,
        present: Present,
        event: Event,
    ) -> Owned:
        """Store the result of the rules' `transfer.accept`, without operators; raises what that raises.

        Must count the new owner's public accounts by person, as an approval does.
        """
        ...


@dataclass(frozen=True, slots=True)
class Version:
    """What an act left of a public account. owner_closed: whether its owner's account was closed then."""

    public_account: PublicAccount
    owner_closed: bool


class FilingStore(Protocol):
    """What public accounts were at any time. Raises UnavailableError (STORE_UNAVAILABLE)."""

    async def versions(
        self, *, relying_party: str, at: datetime, after: str, limit: int
    ) -> Sequence[Version]:
        """Return public accounts as the last act until a time (included) left them.

        Only those that it left ACTIVE or in GRACE, up to limit with ids above `after`, in the order of ids.
        No later act may change the answer.
        """
        ...
