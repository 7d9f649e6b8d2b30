"""The figures of one month of a platform's moderation: what happened to everything that began in it.

- A month is counted by the deployment's time zone, and has begun.
- What has not been done when it was due is late for ever, done or not.
- A platform reads its own figures only, so nothing is suppressed (domain.report.suppression).
"""

import re
from dataclasses import dataclass
from datetime import date

from idvault.sanction.operation.rules import SanctionCount
from idvault.verify import period
from idvault.verify.error import FieldCode, InvalidError, Reason, Violation
from idvault.verify.period import Period

_NAME = re.compile(r"[0-9]{4}-[0-9]{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class TipOffFigures:
    """Reports that were filed in a month; open: not decided, merged ones included."""

    filed: int = 0
    open: int = 0
    upheld: int = 0
    dismissed: int = 0
    duplicate: int = 0
    abusive: int = 0
    reply_late: int = 0
    solution_late: int = 0


@dataclass(frozen=True, slots=True)
class AppealFigures:
    """Appeals, or contests of verifications, that were filed in a month."""

    filed: int = 0
    open: int = 0
    upheld: int = 0
    rejected: int = 0
    late: int = 0


@dataclass(frozen=True, slots=True)
class ApplicationFigures:
    """Applications for public accounts that were filed in a month."""

    filed: int = 0
    open: int = 0
    approved: int = 0
    rejected: int = 0


@dataclass(frozen=True, slots=True)
class SanctionFigures:
    """Sanctions that were imposed or proposed in a month; counts: of those that have come into force."""

    counts: tuple[SanctionCount, ...] = ()
    proposals_open: int = 0
    proposals_ended: int = 0


@dataclass(frozen=True, slots=True)
class MonthFigures:
    """The figures of one month."""

    month: Period
    tip_offs: TipOffFigures
    sanctions: SanctionFigures
    appeals: AppealFigures
    applications: ApplicationFigures
    contests: AppealFigures


def read(name: str, *, today: date) -> Period:
    """Return the month of a name such as 2026-10, or today's if it is empty.

    Raises InvalidError (INVALID_MESSAGE, month) for anything else and for a month that has not begun.
    """
    month = period.month_of(today) if not name else _named(name)
    if month.first > today:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("month", FieldCode.FUTURE_DATE))
    return month


def _named(name: str) -> Period:
    found = period.named(name) if _NAME.fullmatch(name) else None
    if found is None:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("month", FieldCode.CHARACTER))
    return found
