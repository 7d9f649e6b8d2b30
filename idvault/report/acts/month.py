"""Counts what happened to everything that began in one month at a relying party."""

from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from idvault.report.ports import MonthStore
from idvault.report.rules import month as rules
from idvault.report.rules.month import MonthFigures
from idvault.verify.clock import ClockReading


@dataclass(kw_only=True, eq=False, repr=False)
class MonthFlow:
    """Figures of months. zone: the deployment's time zone."""

    store: MonthStore
    zone: tzinfo

    async def count(self, *, relying_party: str, month: str, now: ClockReading) -> MonthFigures:
        """Return the figures of a month, of the present one if month is empty; raises InvalidError."""
        asked = rules.read(month, today=now.today(self.zone))
        which: dict[str, Any] = {
            "relying_party": relying_party,
            "since": asked.start(self.zone),
            "until": asked.end(self.zone),
        }
        return MonthFigures(
            asked,
            tip_offs=await self.store.tip_offs(**which, now=now),
            sanctions=await self.store.sanctions(**which, now=now),
            appeals=await self.store.appeals(**which, now=now),
            applications=await self.store.applications(**which),
            contests=await self.store.contests(**which, now=now),
        )
