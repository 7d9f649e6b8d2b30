"""Storage of appeals. An act and its log entries must be one atomic, durable step.

Every method raises UnavailableError (STORE_UNAVAILABLE) if the store cannot answer. A request row comes first
in every act with a request: a repeat writes nothing and returns what the request made, as it is now; another
body raises AlreadyExistsError (REQUEST_ID_REUSED). Filing and deciding raise the revision of the account, so
that its change feed tells of both.
"""

from dataclasses import dataclass, field
from typing import Protocol

from idvault.core.request import Request
from idvault.sanction.appeal.rules import Appeal, AppealTerms
from idvault.sanction.rules import Sanction
from idvault.sealing.moderation_text_ports import SealedModerationText
from idvault.verify.clock import ClockReading
from idvault.verify.event import Event
from idvault.verify.sanction import AppealState


@dataclass(frozen=True, slots=True)
class AppealFiling:
    """A new appeal against a sanction, with its sealed text."""

    appeal_id: str
    sanction: Sanction
    text: SealedModerationText
    terms: AppealTerms


@dataclass(frozen=True, slots=True)
class AppealDecision:
    """A decision to store. paper: as signed by the moderator."""

    appeal: Appeal
    sanction: Sanction
    verdict: AppealState
    moderator_id: str
    reason: str = field(repr=False)
    paper: bytes = field(repr=False)
    terms: AppealTerms


@dataclass(frozen=True, slots=True)
class DecisionEvents:
    """The entries that a decision may need.

    overdue: if it is late and that was not logged. overturned: if it ends a sanction that is in force.
    lapsed: if the end of that sanction has come and was not logged.
    """

    decided: Event
    overdue: Event
    overturned: Event
    lapsed: Event


@dataclass(frozen=True, slots=True)
class AppealFilter:
    """Which appeals to list: of an account, in a state, overdue; None and False: all."""

    relying_party: str
    account_token: str | None = None
    state: AppealState | None = None
    overdue: bool = False


class AppealStore(Protocol):
    """Appeals, one for each sanction."""

    async def file(
        self, filing: AppealFiling, *, request: Request, now: ClockReading, event: Event
    ) -> Appeal:
        """Store a new appeal and its text with the event; return it.

        The appeal is that of sanction.appeal.rules.file for the stored sanction, under the row lock of the
        account. Raises as that does, and PreconditionError (APPEAL_EXISTS) for a second appeal against the
        sanction. An erased account's owner may appeal, because the sanction outlives the account.
        """
        ...

    async def decide(
        self, decision: AppealDecision, *, request: Request, now: ClockReading, events: DecisionEvents
    ) -> Appeal:
        """Store a decision with its events; return the appeal.

        Must hold the account's row lock, and raises as sanction.appeal.rules.decide does for what is stored,
        and PreconditionError (MODERATOR_REVOKED). UPHELD must overturn the sanction, and give the account the
        standing that it has without it, in the same step.
        """
        ...

    async def undecided(self, *, now: ClockReading, limit: int) -> list[Appeal]:
        """Return overdue appeals whose entry is not written, the longest due first."""
        ...

    async def note_overdue(self, appeal: Appeal, *, now: ClockReading, event: Event) -> bool:
        """Store that an appeal is overdue with the event; return False if it is not, or was stored before."""
        ...

    async def deletable(self, *, now: ClockReading, limit: int) -> list[Appeal]:
        """Return appeals whose text must be deleted, the longest due first."""
        ...

    async def delete_text(self, appeal: Appeal, *, now: ClockReading, event: Event) -> bool:
        """Delete an appeal's text with the event; return False if that is not due or was done before."""
        ...

    async def overdue(self, *, now: ClockReading) -> int:
        """Return how many appeals are overdue, at all relying parties."""
        ...

    async def requested(self, request: Request) -> Appeal | None:
        """Return the appeal that a request made or changed, None if the request is new."""
        ...

    async def get(self, *, relying_party: str, appeal_id: str) -> Appeal:
        """Return an appeal; raises NotFoundError (APPEAL_NOT_FOUND), also for another party's."""
        ...

    async def text(self, appeal: Appeal) -> SealedModerationText | None:
        """Return the sealed text of an appeal, None once it is deleted."""
        ...

    async def list(self, wanted: AppealFilter, *, after: str, limit: int, now: ClockReading) -> list[Appeal]:
        """Return up to limit appeals after the appeal `after` (empty: from the first), oldest first.

        Raises InvalidError (INVALID_MESSAGE, page_token) for an unknown `after`. An appeal that is filed
        meanwhile must not move another one.
        """
        ...
