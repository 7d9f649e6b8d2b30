"""How often each platform used the vault in a month: counted in memory, and stored by the process.

- A count costs the addition of a number: no call waits for it.
- What a process has counted since it last stored, at most some seconds, is lost if it is killed.
- A batch that may be stored is sent again as it was, under its number: it is never counted twice.
- Months are those of the operator's time zone.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

CALLS, CLAIMS, CHARGED = "calls/", "claims/", "registry/charged"
"""Of what is counted: a method's name or an outcome follows the first two."""
Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageBatch:
    """What a process counted in a while. process: its random id. number: larger for a later batch."""

    process: str
    number: int
    counts: Mapping[Key, int]


@dataclass(eq=False, repr=False)
class UsageCounts:
    """Counts by platform, month and what. clock: seconds since 1970.

    batch: what is being stored, None if nothing is.
    """

    zone: tzinfo
    clock: Callable[[], float]
    batch: UsageBatch | None = field(default=None, init=False)
    _process: str = field(default="", init=False)
    _number: int = field(default=0, init=False)
    _counts: Counter[Key] = field(default_factory=Counter, init=False)
    _month: str = field(default="", init=False)
    _ends: float = field(default=0.0, init=False)

    def add(self, relying_party: str, what: str, number: int = 1) -> None:
        """Count something of a platform."""
        now = self.clock()
        if now >= self._ends:
            self._turn(now)
        self._counts[relying_party, self._month, what] += number

    def take(self, draw: Callable[[], str]) -> UsageBatch | None:
        """Return what to store: the batch that may not be stored, else what was counted since the last one.

        draw: makes a random id.
        """
        if self.batch is None and self._counts:
            taken, self._counts = self._counts, Counter()
            self._process, self._number = self._process or draw(), self._number + 1
            self.batch = UsageBatch(process=self._process, number=self._number, counts=dict(taken))
        return self.batch

    def stored(self) -> None:
        """Forget the batch, which is stored."""
        self.batch = None

    def _turn(self, now: float) -> None:
        local = datetime.fromtimestamp(now, UTC).astimezone(self.zone)
        self._month = f"{local:%Y-%m}"
        year, month = divmod(local.year * 12 + local.month, 12)
        start = local.replace(year=year, month=month + 1, day=1, hour=0, minute=0, second=0, microsecond=0)
        self._ends = start.timestamp()
