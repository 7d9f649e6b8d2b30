"""The rate cap that all processes of a deployment share, one row for each kind of registry call."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class CallTurn:
    """The next slot of a clock, as asked for: after `now`, but not after `latest` (real time)."""

    name: str
    gap: timedelta
    now: datetime
    latest: datetime


@dataclass(frozen=True, slots=True)
class Reserved:
    """What a turn got. slot: when to call, None if the next slot was too late."""

    slot: datetime | None


class BudgetStore(Protocol):
    """One GCRA clock per name. All times are real time."""

    async def take(self, name: str, *, gap: timedelta, now: datetime, latest: datetime) -> datetime | None:
        """Reserve the next slot and return its time (never before now), or None if it would be after latest.

        Must be one atomic statement: next_at = max(next_at, now) + gap. No slot is taken when None is
        returned. A next_at that no pause and no row of slots explains must count as now: it comes from a
        clock that was wrong.
        """
        ...

    async def pause(self, name: str, *, until: datetime) -> None:
        """Allow no slot before `until`; must never move the next slot to an earlier time."""
        ...
