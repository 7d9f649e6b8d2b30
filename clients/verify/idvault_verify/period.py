"""The days that a report covers, in the operator's time zone, and the months that they are made of."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from idvault_verify import deadline
from idvault_verify.error import FieldCode, InvalidError, Reason, Violation

_DAY = timedelta(days=1)
_MONTH = re.compile(r"([1-8][0-9]{3})-(0[1-9]|1[0-2])", re.ASCII)
_QUARTER = re.compile(r"([1-8][0-9]{3})-Q([1-4])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days, the first and the last one included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        """Refuse a period that ends before it begins."""
        if self.last < self.first:
            raise InvalidError(Reason.INVALID_MESSAGE, Violation("to", FieldCode.LENGTH))

    def start(self, zone: tzinfo) -> datetime:
        """Return the first point in time (UTC) of the period."""
        return deadline.end_of_day(self.first - _DAY, zone=zone)

    def end(self, zone: tzinfo) -> datetime:
        """Return the first point in time (UTC) after the period."""
        return deadline.end_of_day(self.last, zone=zone)

    def months(self) -> tuple["Period", ...] | None:
        """Return the calendar months of the period, None if it is not made of whole months."""
        if self.first.day != 1 or (self.last + _DAY).day != 1:
            return None
        return tuple(_months(self.first, self.last))

    @property
    def name(self) -> str:
        """The name of a month or a quarter, such as 2026-10 or 2026-Q4; of any other period its days."""
        months = self.months() or ()
        if len(months) == 1:
            return f"{self.first:%Y-%m}"
        if len(months) == 3 and self.first.month % 3 == 1:
            return f"{self.first:%Y}-Q{self.first.month // 3 + 1}"
        return f"{self.first}_{self.last}"


def month_of(day: date) -> Period:
    """Return the month of a day."""
    first = day.replace(day=1)
    return Period(first, (first + timedelta(days=31)).replace(day=1) - _DAY)


def next_month(month: Period) -> Period:
    """Return the month after a month."""
    return month_of(month.last + _DAY)


def quarter_of(day: date) -> Period:
    """Return the quarter of a day."""
    first = day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return Period(first, month_of(first.replace(month=first.month + 2)).last)


def named(name: str) -> Period | None:
    """Return the month or quarter of a name, None if it is not one."""
    if found := _MONTH.fullmatch(name):
        return month_of(date(int(found[1]), int(found[2]), 1))
    if found := _QUARTER.fullmatch(name):
        return quarter_of(date(int(found[1]), int(found[2]) * 3 - 2, 1))
    return None


def _months(first: date, last: date) -> Iterator[Period]:
    month = month_of(first)
    while month.first <= last:
        yield month
        month = next_month(month)
