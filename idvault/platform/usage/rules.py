"""What a platform used in a month.

- calls: answered calls of each method, of the platform and its desks; refused ones are not counted.
- claims: by outcome; SUCCEEDED is a verification.
- charged: checks that the registry decided, and therefore charges.
- stored: accounts and records at the last count of the month.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from idvault.core.usage import CALLS, CHARGED, CLAIMS
from idvault_verify.error import FieldCode, InvalidError, Reason, Violation

STORED = "stored/"
SESSIONS = "SessionService/CreateSession"
_MONTH = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class MonthlyUsage:
    """A platform's month, as YYYY-MM. sessions: calls that made one, or repeated the call that did."""

    relying_party: str
    month: str
    calls: Mapping[str, int] = field(default_factory=dict)
    claims: Mapping[str, int] = field(default_factory=dict)
    stored: Mapping[str, int] = field(default_factory=dict)
    charged: int = 0
    sessions: int = 0

    def rows(self) -> list[tuple[str, int]]:
        """Return every figure with its name, in order."""
        lists = ((CALLS, self.calls), (CLAIMS, self.claims), (STORED, self.stored))
        found = [(f"{head}{name}", number) for head, each in lists for name, number in sorted(each.items())]
        return [*found, (CHARGED, self.charged), ("sessions", self.sessions)]


def check_month(month: str) -> str:
    """Return a month; raises InvalidError (INVALID_MESSAGE, month) unless it is YYYY-MM."""
    if not _MONTH.fullmatch(month):
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("month", FieldCode.CHARACTER))
    return month


def usage(*, relying_party: str, month: str, counts: Iterable[tuple[str, int]]) -> MonthlyUsage:
    """Return a platform's month of what was counted."""
    found = dict(counts)

    def of(head: str) -> dict[str, int]:
        return {what.removeprefix(head): number for what, number in found.items() if what.startswith(head)}

    calls = of(CALLS)
    return MonthlyUsage(
        relying_party,
        month,
        calls=calls,
        claims=of(CLAIMS),
        stored=of(STORED),
        charged=found.get(CHARGED, 0),
        sessions=calls.get(SESSIONS, 0),
    )
