"""When reminders are due: shares of the time, changes of clocks, leap days, outages."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idvault.tip_off import rules as tip_off_rules
from idvault.tip_off.rules import TIP_OFF_DAYS
from idvault_verify import deadline
from idvault_verify.tip_off import Reminder
from tools.support.builders import NOW

DUE = NOW + timedelta(days=7, hours=12)
TICK = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("reminder", "share"), [(Reminder.HALF, 0.5), (Reminder.FOUR_FIFTHS, 0.8), (Reminder.OVERDUE, 1.0)]
)
def test_when_a_reminder_is_due(reminder: Reminder, share: float) -> None:
    """At 50, 80 and 100 per cent of the time, and not a microsecond earlier."""
    due = tip_off_rules.due_time(reminder, filed_at=NOW, due_at=DUE)
    assert due == NOW + (DUE - NOW) * share
    former = {Reminder.HALF: None, Reminder.FOUR_FIFTHS: Reminder.HALF}.get(reminder, Reminder.FOUR_FIFTHS)
    assert list(tip_off_rules.come_due(former, filed_at=NOW, due_at=DUE, now=due)) == [reminder]
    assert list(tip_off_rules.come_due(former, filed_at=NOW, due_at=DUE, now=due - TICK)) == []
    assert tip_off_rules.next_time(former, filed_at=NOW, due_at=DUE) == due


def test_after_the_last_there_is_none() -> None:
    """The last reminder is written once."""
    assert tip_off_rules.following(Reminder.OVERDUE) is None
    assert tip_off_rules.next_time(Reminder.OVERDUE, filed_at=NOW, due_at=DUE) is None


@given(st.lists(st.integers(0, 10 * 86_400), max_size=12), st.lists(st.booleans(), min_size=12, max_size=12))
def test_none_is_lost_or_written_twice(times: list[int], ends: list[bool]) -> None:
    """However often the worker looks, and whatever it forgets at an end, each reminder is written once."""
    stored: Reminder | None = None
    written: list[Reminder] = []
    for seconds, ended in zip(sorted(times), ends, strict=False):
        due = list(
            tip_off_rules.come_due(stored, filed_at=NOW, due_at=DUE, now=NOW + timedelta(seconds=seconds))
        )
        if ended or not due:
            continue  # the act was rolled back: nothing is stored
        written += due
        stored = due[-1]
    assert written == list(Reminder)[: len(written)]


@pytest.mark.parametrize(
    ("zone", "filed", "due"),
    [
        ("Asia/Shanghai", datetime(2026, 3, 1, 4, tzinfo=UTC), datetime(2026, 3, 8, 16, tzinfo=UTC)),
        ("Asia/Shanghai", datetime(2026, 3, 1, 15, 59, tzinfo=UTC), datetime(2026, 3, 8, 16, tzinfo=UTC)),
        ("Asia/Shanghai", datetime(2026, 3, 1, 16, tzinfo=UTC), datetime(2026, 3, 9, 16, tzinfo=UTC)),
        ("Asia/Shanghai", datetime(2028, 2, 26, 4, tzinfo=UTC), datetime(2028, 3, 4, 16, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2026, 3, 25, 12, tzinfo=UTC), datetime(2026, 4, 1, 22, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2026, 10, 20, 12, tzinfo=UTC), datetime(2026, 10, 27, 23, tzinfo=UTC)),
    ],
)
def test_seven_calendar_days(zone: str, filed: datetime, due: datetime) -> None:
    """The end of the seventh day on the operator's clock, over a leap day and both changes of clocks."""
    assert deadline.due_at(start=filed, days=TIP_OFF_DAYS, zone=ZoneInfo(zone)) == due
