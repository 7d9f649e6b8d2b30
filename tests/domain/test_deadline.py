"""Deadlines in calendar days of the operator's zone."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idvault_verify import deadline

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
TICK = timedelta(microseconds=1)
# Clocks that jump over midnight, show it twice, or skip a day; and some that do nothing of the kind.
ZONES = [
    "UTC",
    "Asia/Shanghai",
    "Asia/Kathmandu",
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "America/Toronto",
    "America/Sao_Paulo",
    "America/Havana",
    "Atlantic/Azores",
    "Africa/Cairo",
    "Asia/Beirut",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Kwajalein",
]


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        # The first and the last second of a day in Shanghai give the same deadline.
        ("2026-02-28T16:00:00", 7, "2026-03-08T16:00:00"),
        ("2026-03-01T15:59:59.999999", 7, "2026-03-08T16:00:00"),
        ("2026-03-01T16:00:00", 7, "2026-03-09T16:00:00"),
        ("2026-03-01T04:00:00", 0, "2026-03-01T16:00:00"),
        ("2026-03-01T04:00:00", 15, "2026-03-16T16:00:00"),
        ("2026-03-01T04:00:00", 180, "2026-08-28T16:00:00"),
        # A leap day counts, and is missed where there is none.
        ("2028-02-22T04:00:00", 7, "2028-02-29T16:00:00"),
        ("2028-02-29T04:00:00", 1, "2028-03-01T16:00:00"),
        ("2026-02-22T04:00:00", 7, "2026-03-01T16:00:00"),
        ("2027-12-25T04:00:00", 7, "2028-01-01T16:00:00"),
    ],
)
def test_a_deadline_is_the_end_of_a_day(start: str, days: int, due: str) -> None:
    """The day of the event does not count, and every later day counts whole."""
    begun = datetime.fromisoformat(start).replace(tzinfo=UTC)
    assert deadline.due_at(start=begun, days=days, zone=SHANGHAI) == datetime.fromisoformat(due).replace(
        tzinfo=UTC
    )


def test_a_change_of_clocks_moves_no_deadline_on_the_wall() -> None:
    """Seven days over the changes of March and October end at midnight, an hour less or more away."""
    spring, autumn = datetime(2026, 3, 25, 23, tzinfo=UTC), datetime(2026, 10, 21, 22, tzinfo=UTC)
    ends = [deadline.due_at(start=start, days=7, zone=BERLIN) for start in (spring, autumn)]
    assert [end.astimezone(BERLIN).isoformat() for end in ends] == [
        "2026-04-03T00:00:00+02:00",
        "2026-10-30T00:00:00+01:00",
    ]
    assert [end - start for start, end in zip((spring, autumn), ends, strict=True)] == [
        timedelta(days=8, hours=-1),
        timedelta(days=8, hours=1),
    ]


@pytest.mark.parametrize(
    ("zone", "day", "end"),
    [
        # The clock jumps from midnight to one: the day ends at the jump.
        ("America/Sao_Paulo", "2018-11-03", "2018-11-04T01:00:00-02:00"),
        ("Africa/Cairo", "2026-04-23", "2026-04-24T01:00:00+03:00"),
        # It jumped from 23:30 to 00:30, so the day's last second never was.
        ("America/Toronto", "1919-03-30", "1919-03-31T00:30:00-04:00"),
        # It was set back from 00:01 to 23:01: the day is over after its second midnight.
        ("America/St_Johns", "2010-11-06", "2010-11-07T00:00:00-03:30"),
        # It is set back from one to midnight: the day before was over at the first midnight.
        ("America/Havana", "2025-11-01", "2025-11-02T00:00:00-04:00"),
        # Samoa had no 30th of December 2011: it ended with the 29th.
        ("Pacific/Apia", "2011-12-29", "2011-12-31T00:00:00+14:00"),
        ("Pacific/Apia", "2011-12-30", "2011-12-31T00:00:00+14:00"),
    ],
)
def test_a_day_ends_once(zone: str, day: str, end: str) -> None:
    """Gaps, folds and a day that the zone skips."""
    found = deadline.end_of_day(date.fromisoformat(day), zone=ZoneInfo(zone))
    assert found.tzinfo is UTC
    assert found.astimezone(ZoneInfo(zone)).isoformat() == end


@given(
    st.sampled_from(ZONES).map(ZoneInfo),
    st.dates(min_value=date(1919, 1, 1), max_value=date(2099, 12, 31)),
)
def test_a_day_that_is_over_does_not_come_back(zone: ZoneInfo, day: date) -> None:
    """Before its end the clock shows the day or an earlier one; from then on it never does again."""
    end = deadline.end_of_day(day, zone=zone)
    assert (end - TICK).astimezone(zone).date() <= day
    assert all(
        (end + timedelta(minutes=minutes)).astimezone(zone).date() > day for minutes in range(0, 26 * 60, 15)
    )


@given(
    st.sampled_from(ZONES).map(ZoneInfo),
    st.datetimes(
        min_value=datetime(1919, 1, 1),
        max_value=datetime(2099, 1, 1),
        timezones=st.just(UTC),
    ),
    st.integers(0, 200),
)
def test_later_events_are_due_later(zone: ZoneInfo, start: datetime, days: int) -> None:
    """A deadline is never before its event, and a day more never brings it nearer."""
    due = deadline.due_at(start=start, days=days, zone=zone)
    assert due > start
    assert due <= deadline.due_at(start=start, days=days + 1, zone=zone)
    assert due <= deadline.due_at(start=start + timedelta(hours=1), days=days, zone=zone)
