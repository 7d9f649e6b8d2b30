"""Storage of reports of rumours. An act and its log entries must be one atomic, durable step.

Every method raises UnavailableError (STORE_UNAVAILABLE) if the store cannot answer. A request row comes first
in every act that has a request: a repeat writes nothing and returns what the request made, as it is now;
another body raises AlreadyExistsError (REQUEST_ID_REUSED).

An act that changes a report locks its row, first brings it to now (tip_off.rules.fall), then applies
the rule, and writes every event of tip_off.rules, made by the caller's EventMaker. A moderator who
is not registered is refused (MODERATOR_NOT_FOUND), and so is one who is revoked at that time
(MODERATOR_REVOKED).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from idvault.core.request import Request
from idvault.sanction.rules import Sanction
from idvault.sealing.moderation_text_ports import SealedModerationText
from idvault.sealing.ports import NewSecret
from idvault.tip_off.rules import Reporter, ReporterStanding
from idvault.verify.clock import ClockReading
from idvault.verify.event import Event, EventType
from idvault.verify.sanction import SanctionCategory
from idvault.verify.seal import Part
from idvault.verify.tip_off import TipOff, TipOffState, TipOffTarget

EventMaker = Callable[[EventType, Mapping[str, Part]], Event]
Rule = Callable[[TipOff], TipOff]
"""A rule of tip_off.rules with everything but the report filled in."""


class ReferenceTakenError(Exception):
    """Another report of the platform has the reference; the caller must try another id."""


@dataclass(frozen=True, slots=True)
class TipOffText:
    """A sealed text of a report. name: what it is bound to. moderator_id: who wrote a note, else None."""

    name: str
    sealed: SealedModerationText
    moderator_id: str | None = None
    written_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TipOffFiling:
    """A report to file. accounts: tokens that must be the platform's. limit: reports per reporter and day.

    by_form: whether it comes by the platform's form on the hosted pages.
    """

    tip_off: TipOff
    texts: tuple[TipOffText, ...] = field(repr=False)
    accounts: tuple[str, ...] = field(repr=False)
    limit: int
    today: date
    day_ends: datetime
    by_form: bool = False


@dataclass(frozen=True, slots=True)
class TipOffFilter:
    """Which reports to list; None: any. due_before: exclusive."""

    state: TipOffState | None = None
    open_only: bool = False
    due_before: datetime | None = None
    assignee: str | None = None
    target: TipOffTarget | None = None
    category: SanctionCategory | None = None
    operation_id: str | None = None


@dataclass(frozen=True, slots=True)
class QueuePlace:
    """A report's place in the lists: its group (tip_off.rules.queue_place), deadline and id."""

    group: int
    due_at: datetime
    tip_off_id: str


@dataclass(frozen=True, slots=True)
class QueuePage:
    """Reports of a list; following: where it continues, None at the end."""

    tip_offs: tuple[TipOff, ...]
    following: QueuePlace | None


@dataclass(frozen=True, slots=True)
class FollowedReport:
    """A report, the one that it was merged into, and the reply that its reporter may read."""

    tip_off: TipOff
    leading: TipOff | None
    reply: TipOffText | None
    reply_of: str


class TipOffStore(Protocol):
    """Reports, their texts, and their reporters."""

    async def file(
        self, filing: TipOffFiling, *, request: Request, make: EventMaker, now: ClockReading
    ) -> TipOff:
        """Store a new report with its texts, and count it for its reporter (tip_off.rules.file).

        One by a form is counted for the form and its day, and marked if that is flooded
        (tip_off.rules); the first marked one of a day writes TIP_OFF_FLOOD.

        Its operation must belong to the relying party, else NotFoundError (OPERATION_NOT_FOUND), and be open,
        else PreconditionError (OPERATION_CLOSED). Raises NotFoundError (ACCOUNT_NOT_FOUND,
        PUBLIC_ACCOUNT_NOT_FOUND), ExhaustedError (TIP_OFF_LIMIT_REACHED), ReferenceTakenError.
        """
        ...

    async def change(
        self,
        tip_off_id: str,
        rule: Rule,
        *,
        moderator_id: str,
        texts: Sequence[TipOffText],
        request: Request,
        make: EventMaker,
        now: ClockReading,
    ) -> TipOff:
        """Store what a rule makes of a report, and of the reports that were merged into it.

        A text replaces the former one of its name. A note is an event of its own.
        """
        ...

    async def resolve(
        self,
        tip_off_id: str,
        rule: Rule,
        *,
        moderator_id: str,
        texts: Sequence[TipOffText],
        imposition: tuple[Sanction, Event] | None,
        request: Request,
        make: EventMaker,
        now: ClockReading,
    ) -> TipOff:
        """Store a decision as `change` does, its sanction in the same act, and what it says about each
        reporter.

        Both are stored or neither; raises what sanction.ports.SanctionStore.impose raises. The sanction gets
        the operation of sanction.operation.rules.inherit.
        """
        ...

    async def merge(
        self,
        tip_off_id: str,
        duplicates: Sequence[str],
        *,
        moderator_id: str,
        request: Request,
        make: EventMaker,
        now: ClockReading,
    ) -> TipOff:
        """Merge reports into one (tip_off.rules.merge), with those that were merged into them.

        Raises InvalidError (TOO_MANY_ITEMS) if the report would gather more than MOST_MERGED.
        """
        ...

    async def remind(self, tip_off: TipOff, *, make: EventMaker, now: ClockReading) -> bool:
        """Store the reminders that are due; change nothing and return False if another process has."""
        ...

    async def due(self, *, now: ClockReading, limit: int) -> list[TipOff]:
        """Return reports with a reminder that is due and not written, the longest due first."""
        ...

    async def delete_texts(self, tip_off: TipOff, *, make: EventMaker, now: ClockReading) -> bool:
        """Delete every text of a closed report, and who reported; False if another process has."""
        ...

    async def kept_too_long(self, *, before: datetime, limit: int) -> list[TipOff]:
        """Return reports that were closed before a time and still have their texts, the oldest first."""
        ...

    async def purge(self, *, before: date, today: date, make: EventMaker, now: ClockReading) -> int:
        """Delete tries and ordinary reporters whose last day is before this one; return how many rows.

        So are the days of forms that no limit of today or later counts (tip_off.rules). Writes an
        event only if something was deleted.
        """
        ...

    async def charge(
        self,
        *,
        relying_party: str,
        reference: str,
        day: date,
        limit: int,
        make: EventMaker,
        now: ClockReading,
    ) -> int | None:
        """Count a try of a report, and return the day's tries with this one; None for an unknown reference.

        Must store nothing for an unknown reference. Writes an event when the limit is first exceeded.
        """
        ...

    async def refund(self, *, relying_party: str, reference: str, day: date) -> None:
        """Refund one try of a reference on a day, after a right secret; the wrong ones stay counted."""
        ...

    async def follow(self, *, relying_party: str, reference: str) -> FollowedReport:
        """Return what the reporter of a report may read; raises NotFoundError (TIP_OFF_NOT_FOUND)."""
        ...

    async def requested(self, request: Request) -> TipOff | None:
        """Return the report that a request made or changed, None if the request is new."""
        ...

    async def get(self, *, relying_party: str, tip_off_id: str) -> TipOff:
        """Return a report; raises NotFoundError (TIP_OFF_NOT_FOUND), also for another party's."""
        ...

    async def texts(self, *, relying_party: str, tip_off_id: str) -> list[TipOffText]:
        """Return the texts of a report, oldest first."""
        ...

    async def list(
        self, *, relying_party: str, wanted: TipOffFilter, after: QueuePlace | None, limit: int
    ) -> QueuePage:
        """Return up to limit reports after a place, in the order of the queue.

        Must look at a bounded number of reports, however many there are; then the page may be short. A report
        that is filed meanwhile must not move another one.
        """
        ...

    async def counts(self, *, now: ClockReading) -> tuple[dict[TipOffState, int], int]:
        """Return how many reports are in each open state, and how many are overdue."""
        ...


class ReporterStore(Protocol):
    """The reporters of platforms."""

    async def set_standing(
        self,
        *,
        reporter_id: str,
        standing: ReporterStanding,
        limited_until: datetime | None,
        request: Request,
        make: EventMaker,
        now: ClockReading,
    ) -> Reporter:
        """Store a reporter's standing (tip_off.rules.set_standing).

        Raises NotFoundError (REPORTER_NOT_FOUND).
        """
        ...

    async def list(
        self, *, relying_party: str, standing: ReporterStanding | None, after: str, limit: int
    ) -> list[Reporter]:
        """Return up to limit reporters whose ids follow `after`, by id."""
        ...


class TipOffSecrets(Protocol):
    """Makes the secrets of reports, and the ids by which a platform recognises reporters."""

    def secret(
        self, *, relying_party: str, tip_off_id: str, request_id: str, version: str | None
    ) -> "NewSecret":
        """Derive a secret from these three under a version of the key (None: the primary)."""
        ...

    def check(self, tip_off: TipOff, *, secret: str) -> None:
        """Raise NotFoundError (TIP_OFF_NOT_FOUND) unless this is the secret, in constant time."""
        ...

    def reporter_id(self, *, relying_party: str, kind: str, value: str) -> str:
        """Return 32 hex digits, always the same for a reporter of a platform. kind: what the value is."""
        ...
