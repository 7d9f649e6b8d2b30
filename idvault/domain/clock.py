"""The two clocks of one moment, in aware UTC times."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo


@dataclass(frozen=True, slots=True)
class ClockReading:
    """Now. Business time may be shifted in development; leases, keys and waits keep real time."""

    business: datetime
    real: datetime

    def today(self, zone: tzinfo) -> date:
        """Return the business day in the deployment's time zone."""
        return self.business.astimezone(zone).date()

    def later(self, seconds: float) -> "ClockReading":
        """Return the moment some seconds afterwards, by both clocks."""
        passed = timedelta(seconds=seconds)
        return ClockReading(self.business + passed, self.real + passed)
