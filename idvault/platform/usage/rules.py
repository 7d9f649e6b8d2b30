"""What a platform used in a month.

- calls: answered calls of each method, of the platform and its desks; refused ones are not counted.
- claims: by outcome; SUCCEEDED is a verification.
- charged: checks that the registry decided, and therefore charges.
- sessions: calls that made one, or repeated the call that did.
- stored: accounts and records at the last count of the month, one an hour.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from idvault.core.usage import CALLS, CHARGED
from idvault_verify.error import FieldCode, InvalidError, Reason, Violation

ACCOUNTS, RECORDS = "stored/accounts", "stored/records"
SESSIONS = "sessions"
SESSION_CALLS = f"{CALLS}SessionService/CreateSession"
_MONTH = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])")
_HOUR = 3_600


@dataclass(frozen=True, slots=True)
class MonthlyUsage:
    """A platform's month, as YYYY-MM. figures: in the order of their names."""

    relying_party: str
    month: str
    figures: Mapping[str, int]


def check_month(month: str) -> str:
    """Return a month; raises InvalidError (INVALID_MESSAGE, month) unless it is YYYY-MM."""
    if not _MONTH.fullmatch(month):
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("month", FieldCode.CHARACTER))
    return month


def month_before(month: str) -> str:
    """Return the month before one, both as YYYY-MM."""
    year, number = divmod(int(month[:4]) * 12 + int(month[5:]) - 2, 12)
    return f"{year:04}-{number + 1:02}"


def usage(*, relying_party: str, month: str, counts: Iterable[tuple[str, int]]) -> MonthlyUsage:
    """Return a platform's month of what was counted; checks and sessions are in it if there was none."""
    found = {CHARGED: 0, **dict(counts)}
    found[SESSIONS] = found.get(SESSION_CALLS, 0)
    return MonthlyUsage(relying_party, month, dict(sorted(found.items())))


def hour_of(now: datetime) -> int:
    """Return the hour in which what is stored is counted once, by one worker."""
    return int(now.timestamp()) // _HOUR
