"""How often each platform used the vault in a month: counted in memory, and stored by the process.

- A count costs the addition of a number: no call waits for it.
- What a process has counted since it last stored, at most some seconds, is lost if it is killed.
- Months are those of the operator's time zone.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

CALLS, CLAIMS, CHARGED = "calls/", "claims/", "registry/charged"
"""Of what is counted: a method's name or an outcome follows the first two."""
Key = tuple[str, str, str]


@dataclass(eq=False, repr=False)
class UsageCounts:
    """Counts by platform, month and what. clock: seconds since 1970."""

    zone: tzinfo
    clock: Callable[[], float]
    _counts: Counter[Key] = field(default_factory=Counter, init=False)
    _month: str = field(default="", init=False)
    _ends: float = field(default=0.0, init=False)

    def add(self, relying_party: str, what: str, number: int = 1) -> None:
        """Count something of a platform."""
        now = self.clock()
        if now >= self._ends:
            self._turn(now)
        self._counts[relying_party, self._month, what] += number

    def take(self) -> dict[Key, int]:
        """Return what was counted since the last time."""
        taken, self._counts = self._counts, Counter()
        return dict(taken)

    def put_back(self, taken: dict[Key, int]) -> None:
        """Count again what could not be stored."""
        self._counts.update(taken)

    def _turn(self, now: float) -> None:
        local = datetime.fromtimestamp(now, UTC).astimezone(self.zone)
        self._month = f"{local:%Y-%m}"
        year, month = divmod(local.year * 12 + local.month, 12)
        start = local.replace(year=year, month=month + 1, day=1, hour=0, minute=0, second=0, microsecond=0)
        self._ends = start.timestamp()
