"""The two clocks."""

from datetime import UTC, date, datetime, timedelta

from idvault_verify.clock import ClockReading
from tools.support.builders import ZONE


def test_the_business_day_is_the_deployments() -> None:
    """16:30 UTC is the next day in Shanghai."""
    now = ClockReading(datetime(2026, 3, 1, 16, 30, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC))
    assert now.today(ZONE) == date(2026, 3, 2)


def test_both_clocks_go_on() -> None:
    """`later` adds the same time to both clocks."""
    now = ClockReading(datetime(2026, 3, 1, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC))
    passed = timedelta(seconds=2.5)
    assert now.later(2.5) == ClockReading(now.business + passed, now.real + passed)
