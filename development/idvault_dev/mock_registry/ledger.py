"""The mock registry's people and their checks. Does not read a clock.

- A check is decided by name and number; a decided check is charged once, and a repeated ai is refused.
- A result can be queried for 48 h, and for 300 s after the first query that returned it; its ai is free then.
- If unheard results are not kept, only a check in progress can be queried.
- The ids of the test system's fixtures always exist: they are never in use and never deleted.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from idvault.registry.nppa import NAME_LIMIT, NppaCode, NppaStatus, Question
from idvault_dev.mock_registry import fixtures, population
from idvault_dev.mock_registry.counting import Counters, DayCaps
from idvault_dev.mock_registry.population import Resident
from idvault_dev.mock_registry.registry_half import RefusedError

_KEPT = timedelta(hours=48)
_KEPT_AFTER_QUERY = timedelta(seconds=300)


@dataclass(frozen=True, slots=True)
class LedgerResult:
    """The result of a check."""

    status: NppaStatus
    pi: str | None = None


@dataclass(slots=True)
class _RememberedCheck:
    """A remembered check. heard_at: when a query first returned its result."""

    number: str
    result: LedgerResult
    asked_at: datetime
    heard_at: datetime | None = None


class Ledger:
    """Remembers people and their checks."""

    def __init__(
        self, *, people: Iterable[Resident], keep_unheard: bool, caps: DayCaps, counters: Counters
    ) -> None:
        """Start with these people. caps, counters: shared with the other ledger."""
        self.counters = counters
        self._people = {person.number: person for person in people}
        self._keep_unheard = keep_unheard
        self._caps = caps
        self._checks: dict[str, _RememberedCheck] = {}
        self._charged_fixtures: set[str] = set()

    def add(self, people: Iterable[Resident]) -> int:
        """Add or replace people; return how many were given."""
        added = {person.number: person for person in people}
        self._people |= added
        return len(added)

    def reset_counters(self) -> None:
        """Forget which fixtures were charged."""
        self._charged_fixtures.clear()

    def check(self, question: Question, *, now: datetime, in_progress: bool = False) -> LedgerResult:
        """Decide a check, or leave it in progress; raises RefusedError."""
        _check_input(question)
        fixture = question.ai in fixtures.QUERIES
        if not fixture and self._find(question.ai, now) is not None:
            self.counters.duplicate_ai += 1
            raise RefusedError(NppaCode.AI_IN_USE)
        self._caps.count(name=question.name, number=question.number, now=now)
        result = (
            LedgerResult(NppaStatus.IN_PROGRESS)
            if in_progress
            else self._decide(question.name, question.number)
        )
        waiting = result.status is NppaStatus.IN_PROGRESS
        if not waiting and question.ai not in self._charged_fixtures:
            self.counters.charged += 1
        if fixture:
            self._charged_fixtures.add(question.ai)
        elif waiting or self._keep_unheard:
            self._checks[question.ai] = _RememberedCheck(question.number, result, now)
        return result

    def query(self, ai: str, *, now: datetime) -> LedgerResult:
        """Return the result of a check; raises RefusedError (NO_SUCH_CHECK)."""
        if ai in fixtures.QUERIES:
            return LedgerResult(*fixtures.QUERIES[ai])
        check = self._find(ai, now)
        if check is None:
            raise RefusedError(NppaCode.NO_SUCH_CHECK)
        if check.heard_at is None and check.result.status is not NppaStatus.IN_PROGRESS:
            check.heard_at = now
        return check.result

    def settle(self, ai: str, status: NppaStatus, *, now: datetime) -> bool:
        """End and charge a check that is in progress; False if there is no such check."""
        check = self._find(ai, now)
        if check is None or check.result.status is not NppaStatus.IN_PROGRESS:
            return False
        person = self._people.get(check.number) or Resident("", check.number, "")
        check.result = LedgerResult(status, person.pi if status is NppaStatus.VERIFIED else None)
        self.counters.charged += 1
        return True

    def _decide(self, name: str, number: str) -> LedgerResult:
        if (name, number) in fixtures.PEOPLE:
            return LedgerResult(*fixtures.PEOPLE[name, number])
        person = self._people.get(number)
        if person is None or person.registry_name != name:
            return LedgerResult(NppaStatus.FAILED)
        return LedgerResult(NppaStatus.VERIFIED, person.pi)

    def _find(self, ai: str, now: datetime) -> _RememberedCheck | None:
        check = self._checks.get(ai)
        if check is None:
            return None
        end = check.asked_at + _KEPT if check.heard_at is None else check.heard_at + _KEPT_AFTER_QUERY
        if now <= end:
            return check
        del self._checks[ai]
        return None


def _check_input(question: Question) -> None:
    try:
        population.check_number(question.number)
    except population.PopulationError:
        raise RefusedError(NppaCode.NUMBER_ILLEGAL) from None
    if not 1 <= len(question.name) <= NAME_LIMIT or question.name != question.name.strip():
        raise RefusedError(NppaCode.NAME_ILLEGAL)
