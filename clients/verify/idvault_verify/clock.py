"""A reading of both clocks, as aware UTC times."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo


@dataclass(frozen=True, slots=True)
class ClockReading:
    """The current time. Business time may be shifted in development; leases, keys and waits use real time."""

    business: datetime
    real: datetime

    def today(self, zone: tzinfo) -> date:
        """Return the business day in the deployment's time zone."""
        return self.business.astimezone(zone).date()

    def later(self, seconds: float) -> "ClockReading":
        """Return both clocks some seconds later."""
        passed = timedelta(seconds=seconds)
        return ClockReading(self.business + passed, self.real + passed)
