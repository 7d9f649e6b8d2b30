"""Storage of contests. An act and its log entries must be one atomic, durable step.

Every method raises UnavailableError (STORE_UNAVAILABLE) if the store cannot answer. A request row comes first
in every act with a request: a repeat writes nothing and returns what the request made, as it is now; another
body raises AlreadyExistsError (REQUEST_ID_REUSED). Filing and deciding raise the revision of the account, so
that its change feed tells of both.
"""

from dataclasses import dataclass, field
from typing import Protocol

from idvault.core.request import Request
from idvault.sealing.moderation_text_ports import SealedModerationText
from idvault.session.contest.rules import Contest, ContestState, ContestTerms
from idvault.verify.clock import ClockReading
from idvault.verify.event import Event


@dataclass(frozen=True, slots=True)
class ContestFiling:
    """A new contest of a verification, with its sealed text."""

    contest_id: str
    relying_party: str
    account_token: str
    claim_id: str
    text: SealedModerationText
    terms: ContestTerms


@dataclass(frozen=True, slots=True)
class ContestDecision:
    """A decision to store."""

    contest: Contest
    verdict: ContestState
    reason: str = field(repr=False)
    terms: ContestTerms


@dataclass(frozen=True, slots=True)
class ContestFilter:
    """Which contests to list: of an account, in a state, overdue; None and False: all."""

    relying_party: str
    account_token: str | None = None
    state: ContestState | None = None
    overdue: bool = False


class ContestStore(Protocol):
    """Contests, one for each verification."""

    async def file(
        self, filing: ContestFiling, *, request: Request, now: ClockReading, event: Event
    ) -> Contest:
        """Store a new contest and its text with the event; return it.

        The contest is that of session.contest.rules.file, under the row lock of the account. Raises as that
        does; NotFoundError with ACCOUNT_NOT_FOUND, with VERIFICATION_NOT_FOUND; PreconditionError with
        CONTEST_EXISTS for a second contest of the verification, with ACCOUNT_ERASED.
        """
        ...

    async def decide(
        self,
        decision: ContestDecision,
        *,
        request: Request,
        now: ClockReading,
        event: Event,
        overdue: Event,
    ) -> Contest:
        """Store a decision with its event; return the contest.

        Must hold the account's row lock, and raises as session.contest.rules.decide does for what is stored.
        An erasure of the account meanwhile is no reason to leave it undecided.
        overdue: written before it if the decision is late and that was not logged.
        """
        ...

    async def undecided(self, *, now: ClockReading, limit: int) -> list[Contest]:
        """Return overdue contests whose entry is not written, the longest due first."""
        ...

    async def note_overdue(self, contest: Contest, *, now: ClockReading, event: Event) -> bool:
        """Store that a contest is overdue with the event; return False if it is not, or was stored before."""
        ...

    async def deletable(self, *, now: ClockReading, limit: int) -> list[Contest]:
        """Return contests whose text must be deleted, the longest due first."""
        ...

    async def delete_text(self, contest: Contest, *, now: ClockReading, event: Event) -> bool:
        """Delete a contest's text with the event; return False if that is not due or was done before."""
        ...

    async def overdue(self, *, now: ClockReading) -> int:
        """Return how many contests are overdue, at all relying parties."""
        ...

    async def get(self, *, relying_party: str, contest_id: str) -> Contest:
        """Return a contest; raises NotFoundError (CONTEST_NOT_FOUND), also for another party's."""
        ...

    async def text(self, contest: Contest) -> SealedModerationText | None:
        """Return the sealed text of a contest, None once it is deleted."""
        ...

    async def list(
        self, wanted: ContestFilter, *, after: str, limit: int, now: ClockReading
    ) -> list[Contest]:
        """Return up to limit contests after the contest `after` (empty: from the first), oldest first.

        Raises InvalidError (INVALID_MESSAGE, page_token) for an unknown `after`. A contest that is filed
        meanwhile must not move another one.
        """
        ...
