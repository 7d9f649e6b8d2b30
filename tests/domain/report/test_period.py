"""Periods of whole days in the operator's zone, and the months and quarters among them."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from idvault_verify import period
from idvault_verify.error import InvalidError
from idvault_verify.period import Period

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")


def days(first: str, last: str) -> Period:
    return Period(date.fromisoformat(first), date.fromisoformat(last))


def test_a_period_begins_and_ends_at_midnight_of_the_zone() -> None:
    """Both days are included; a change of clocks moves the end as the zone says."""
    october = days("2026-10-01", "2026-10-31")
    assert october.start(SHANGHAI) == datetime(2026, 9, 30, 16, tzinfo=UTC)
    assert october.end(SHANGHAI) == datetime(2026, 10, 31, 16, tzinfo=UTC)
    assert october.start(BERLIN) == datetime(2026, 9, 30, 22, tzinfo=UTC)
    assert october.end(BERLIN) == datetime(2026, 10, 31, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("first", "last", "months", "name"),
    [
        ("2026-10-01", "2026-10-31", ["2026-10"], "2026-10"),
        ("2028-02-01", "2028-02-29", ["2028-02"], "2028-02"),
        ("2026-10-01", "2026-12-31", ["2026-10", "2026-11", "2026-12"], "2026-Q4"),
        ("2026-11-01", "2027-01-31", ["2026-11", "2026-12", "2027-01"], "2026-11-01_2027-01-31"),
        ("2026-10-01", "2026-10-30", None, "2026-10-01_2026-10-30"),
        ("2026-10-02", "2026-10-31", None, "2026-10-02_2026-10-31"),
        ("2027-02-01", "2027-02-28", ["2027-02"], "2027-02"),
        ("2028-02-01", "2028-02-28", None, "2028-02-01_2028-02-28"),
    ],
)
def test_months_of_a_period(first: str, last: str, months: list[str] | None, name: str) -> None:
    """Only whole calendar months count; months and quarters have short names."""
    found = days(first, last).months()
    assert (None if found is None else [each.name for each in found]) == months
    assert days(first, last).name == name


@pytest.mark.parametrize("name", ["2026-10", "2026-12", "2026-Q1", "2026-Q4", "2028-02"])
def test_a_name_is_read_back(name: str) -> None:
    """The name of a published report says which period it is."""
    found = period.named(name)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize(
    "name", ["", "2026", "2026-13", "2026-Q5", "2026-1", "0000-01", "9999-12", "statements"]
)
def test_other_names_are_no_period(name: str) -> None:
    """Files of other names are no reports."""
    assert period.named(name) is None


def test_months_follow_each_other() -> None:
    """December is followed by January."""
    december = period.month_of(date(2026, 12, 31))
    assert (december.name, period.next_month(december).name) == ("2026-12", "2027-01")
    assert period.quarter_of(date(2026, 12, 31)) == days("2026-10-01", "2026-12-31")


def test_a_period_does_not_end_before_it_begins() -> None:
    """The error names the field."""
    with pytest.raises(InvalidError) as caught:
        days("2026-10-02", "2026-10-01")
    assert [each.field for each in caught.value.violations] == ["to"]
