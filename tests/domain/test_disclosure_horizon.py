"""The horizon of disclosure histories."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from idvault.disclosure import rules as disclosure_rules

ZONE = ZoneInfo("Asia/Shanghai")


def test_the_horizon_is_the_beginning_of_a_day() -> None:
    """The horizon is one embargo before today in the deployment's zone; it is exclusive."""
    horizon = disclosure_rules.horizon(today=date(2026, 6, 1), embargo=timedelta(days=90), zone=ZONE)
    assert horizon == datetime(2026, 3, 2, 16, tzinfo=UTC)
    assert not disclosure_rules.is_told(happened_at=horizon, horizon=horizon)
    assert disclosure_rules.is_told(happened_at=horizon - timedelta(microseconds=1), horizon=horizon)
