"""What the transparency report, and the figures of a platform's month, read from the main database."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from idvault.report.rules.figure import AppealFigures, ApplicationFigures, SanctionFigures, TipOffFigures
from idvault.sanction.rules import StatementKind
from idvault.verify.clock import ClockReading


class ReportStore(Protocol):
    """The log's entries by time, and counts that the log does not tell.

    Every method raises UnavailableError (STORE_UNAVAILABLE).
    """

    async def first_entry_at(self) -> datetime | None:
        """Return the time of the log's first entry, None before there is one."""
        ...

    async def leaves(self, *, start: int, end: int, since: datetime, until: datetime) -> Sequence[bytes]:
        """Return the leaves with an index from start to before end, and a time from since to before until."""
        ...

    async def is_uncovered(self, *, size: int, since: datetime, until: datetime) -> bool:
        """Return whether a log of this size lacks an entry with a time from since to before until."""
        ...

    async def breakdown(self, name: str, *, since: datetime, until: datetime) -> Mapping[str, int]:
        """Return the counts of a breakdown by cell, of what happened from since to before until."""
        ...

    async def statements(self, *, since: datetime, until: datetime) -> Mapping[StatementKind, int]:
        """Return how many statements of each kind came into force from since to before until."""
        ...

    async def level(self, name: str) -> Mapping[str, int]:
        """Return the present counts of a level by cell."""
        ...

    async def durations(self, name: str, *, since: datetime, until: datetime) -> Sequence[float]:
        """Return how many seconds each case took that ended from since to before until."""
        ...


class MonthStore(Protocol):
    """The figures of what began from since to before until at a relying party, as of now.

    Every method raises UnavailableError (STORE_UNAVAILABLE).
    """

    async def tip_offs(
        self, *, relying_party: str, since: datetime, until: datetime, now: ClockReading
    ) -> TipOffFigures:
        """Return the figures of the reports that were filed; must not read reports of other months."""
        ...

    async def sanctions(
        self, *, relying_party: str, since: datetime, until: datetime, now: ClockReading
    ) -> SanctionFigures:
        """Return the figures of the sanctions; what has lapsed must count so before that is stored."""
        ...

    async def appeals(
        self, *, relying_party: str, since: datetime, until: datetime, now: ClockReading
    ) -> AppealFigures:
        """Return the figures of the appeals that were filed."""
        ...

    async def contests(
        self, *, relying_party: str, since: datetime, until: datetime, now: ClockReading
    ) -> AppealFigures:
        """Return the figures of the contests of verifications that were filed."""
        ...

    async def applications(
        self, *, relying_party: str, since: datetime, until: datetime
    ) -> ApplicationFigures:
        """Return the figures of the applications for public accounts that were filed."""
        ...
