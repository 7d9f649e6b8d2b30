"""Filings: the live public accounts of a day, as a provider files them with the authority.

- Today they are those of now; on a day in the past those at its end, whatever has changed since.
- A public account is filed while it is ACTIVE or in GRACE and nothing closes it.
- A day in the future has no filings yet.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from idvault.public_account.rules import public_account as rules
from idvault.public_account.rules import standing as standing_rules
from idvault.public_account.rules.values import LIVE, PublicAccount
from idvault.verify.account import Standing
from idvault.verify.clock import ClockReading
from idvault.verify.error import FieldCode, InvalidError, Reason, Violation
from idvault.verify.public_account import PublicAccountCategory

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class FilingDay:
    """A day, and the time at which its live public accounts are counted."""

    day: date
    at: datetime


def day_of(day: date | None, *, now: ClockReading, zone: tzinfo) -> FilingDay:
    """Return the day of filings, today for None; raises InvalidError (INVALID_MESSAGE, as_of)."""
    today = now.today(zone)
    if day is None or day == today:
        return FilingDay(today, now.business)
    if day > today:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("as_of", FieldCode.FUTURE_DATE))
    # Two days of the calendar begin at the same local time, however long the day between them is.
    return FilingDay(day, datetime.combine(day + timedelta(days=1), time(), zone) - _MICROSECOND)


def filed(
    *,
    public_account: PublicAccount,
    owner_closed: bool,
    category: PublicAccountCategory | None,
    on: FilingDay,
) -> PublicAccount | None:
    """Return a public account as it was on a day; None if it was not live, or of another category.

    public_account: as the last act until then left it. owner_closed: whether its owner's account was closed.
    """
    shown = rules.fall(public_account=public_account, today=on.day)
    shown = standing_rules.fall(public_account=shown, now=on.at)
    if owner_closed or shown.standing is Standing.CLOSED or shown.state not in LIVE:
        return None
    return shown if category in (None, shown.category) else None
