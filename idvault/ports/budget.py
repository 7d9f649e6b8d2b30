"""The rate cap that all processes of a deployment share, one row for each registry call."""

from datetime import datetime, timedelta
from typing import Protocol


class BudgetStore(Protocol):
    """A GCRA clock per name. All times are real times."""

    async def take(self, name: str, *, gap: timedelta, now: datetime, latest: datetime) -> datetime | None:
        """Take the next slot and return its time (never before now), or None if it would lie after latest.

        One atomic statement: next_at = max(next_at, now) + gap. Nothing is taken when None is returned.
        """
        ...

    async def pause(self, name: str, *, until: datetime) -> None:
        """Let no slot start before a time; never moves it backwards."""
        ...
