"""What is counted of a platform's use, and in which month."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from idvault.core.usage import CALLS, CHARGED, CLAIMS, Key, UsageBatch, UsageCounts
from idvault.platform.usage import rules
from idvault_verify.error import InvalidError

ZONE = ZoneInfo("Asia/Shanghai")


class Clock:
    """Seconds that a test sets."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at.timestamp()


@pytest.mark.parametrize(
    ("end", "months"),
    [
        (datetime(2026, 3, 1, tzinfo=ZONE), ("2026-02", "2026-03")),
        (datetime(2027, 1, 1, tzinfo=ZONE), ("2026-12", "2027-01")),
    ],
)
def test_a_month_begins_in_the_operators_zone(end: datetime, months: tuple[str, str]) -> None:
    """A second before midnight is the month that ends."""
    clock = Clock(end.astimezone(UTC) - timedelta(seconds=1))
    counts = UsageCounts(ZONE, clock)
    counts.add("a", "x")
    clock.at = end.astimezone(UTC)
    counts.add("a", "x", 2)
    assert taken(counts) == {("a", months[0], "x"): 1, ("a", months[1], "x"): 2}
    assert taken(counts) == {}


def taken(counts: UsageCounts) -> Mapping[Key, int]:
    """Take a batch and store it; return what it counts."""
    batch = counts.take(lambda: "process")
    counts.stored()
    return {} if batch is None else batch.counts


def test_what_may_not_be_stored_is_sent_again_as_it_was() -> None:
    """Under its number; what is counted meanwhile is in the next one."""
    counts, key = UsageCounts(ZONE, Clock(datetime(2026, 3, 5, tzinfo=UTC))), ("a", "2026-03", "x")
    counts.add("a", "x")
    first = UsageBatch(process="process", number=1, counts={key: 1})
    assert counts.take(lambda: "process") == first
    counts.add("a", "x", 2)
    assert counts.take(lambda: "other") == first
    counts.stored()
    assert counts.take(lambda: "other") == UsageBatch(process="process", number=2, counts={key: 2})


@pytest.mark.parametrize(
    ("month", "before"), [("2026-01", "2025-12"), ("2026-02", "2026-01"), ("2026-12", "2026-11")]
)
def test_each_month_follows_another(month: str, before: str) -> None:
    """January follows the December of the year before."""
    assert rules.month_before(month) == before


def test_a_month_is_sorted_by_what_it_counts() -> None:
    """Sessions are the calls that make them."""
    counts = [
        (f"{CALLS}StatusService/GetStatus", 7),
        (rules.SESSION_CALLS, 2),
        (f"{CLAIMS}SUCCEEDED", 3),
        (CHARGED, 4),
        (rules.ACCOUNTS, 5),
    ]
    found = rules.usage(relying_party="a", month="2026-03", counts=counts)
    assert [*found.figures.items()] == [
        ("calls/SessionService/CreateSession", 2),
        ("calls/StatusService/GetStatus", 7),
        ("claims/SUCCEEDED", 3),
        ("registry/charged", 4),
        ("sessions", 2),
        ("stored/accounts", 5),
    ]
    empty = rules.usage(relying_party="a", month="2026-03", counts=[])
    assert empty.figures == {"registry/charged": 0, "sessions": 0}


@pytest.mark.parametrize("month", ["2026-13", "2026-00", "26-01", "2026-01 ", "２０２６-01"])
def test_another_month_is_refused(month: str) -> None:
    """A month is written as YYYY-MM."""
    assert rules.check_month("2026-12") == "2026-12"
    with pytest.raises(InvalidError):
        rules.check_month(month)


def test_what_is_stored_is_counted_once_an_hour() -> None:
    """The same hour until its last second, another one from then on."""
    at = datetime(2026, 11, 29, 13, 0, tzinfo=UTC)
    assert rules.hour_of(at) == rules.hour_of(at + timedelta(minutes=59, seconds=59))
    assert rules.hour_of(at + timedelta(hours=1)) == rules.hour_of(at) + 1
