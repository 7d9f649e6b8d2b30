"""The mock registry's organisations and their checks. Does not read a clock.

- An unknown code is NO_RECORD; a known code with another name or representative is a MISMATCH.
- An organisation that does not operate is told so only to whoever has all four elements.
- There is no query. The same ai with the same content repeats a check: its result is kept for 48 h and is not
  charged again. With different content it is refused as in use.
- If unheard results are not kept, only checks in progress are remembered: any other is decided and charged
  again.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from idvault.registry.enterprise import NAME_LIMIT, EnterpriseQuestion, EnterpriseStatus
from idvault.registry.nppa import NppaCode
from idvault_dev.mock_registry import organization, population
from idvault_dev.mock_registry.counting import Counters, DayCaps
from idvault_dev.mock_registry.organization import Organization
from idvault_dev.mock_registry.population import PopulationError
from idvault_dev.mock_registry.registry_half import RefusedError

_KEPT = timedelta(hours=48)


@dataclass(slots=True)
class _EnterpriseCheck:
    """A remembered check."""

    question: EnterpriseQuestion = field(repr=False)
    status: EnterpriseStatus
    asked_at: datetime


class EnterpriseLedger:
    """Remembers checks of organisations."""

    def __init__(
        self, *, organizations: Iterable[Organization], keep_unheard: bool, caps: DayCaps, counters: Counters
    ) -> None:
        """Start with these organisations. caps, counters: shared with the other ledger."""
        self._organizations = organization.by_number(organizations)
        self._keep_unheard = keep_unheard
        self._caps = caps
        self._counters = counters
        self._checks: dict[str, _EnterpriseCheck] = {}

    def add(self, organizations: Iterable[Organization]) -> int:
        """Add or replace organisations; return how many were given."""
        added = organization.by_number(organizations)
        self._organizations |= added
        return len(added)

    def check(
        self, question: EnterpriseQuestion, *, now: datetime, in_progress: bool = False
    ) -> EnterpriseStatus:
        """Decide a check, leave it in progress, or repeat its result; raises RefusedError."""
        _check_input(question)
        known = self._find(question.ai, now)
        if known is not None:
            self._counters.duplicate_ai += 1
            if known.question != question:
                raise RefusedError(NppaCode.AI_IN_USE)
            return known.status
        self._caps.count(name=question.name, number=question.number, now=now)
        status = EnterpriseStatus.IN_PROGRESS if in_progress else self._decide(question)
        self._counters.charged += not in_progress
        if in_progress or self._keep_unheard:
            self._checks[question.ai] = _EnterpriseCheck(question, status, now)
        return status

    def settle(self, ai: str, status: EnterpriseStatus, *, now: datetime) -> bool:
        """End and charge a check that is in progress; False if there is no such check."""
        check = self._find(ai, now)
        if check is None or check.status is not EnterpriseStatus.IN_PROGRESS:
            return False
        check.status = status
        self._counters.charged += 1
        return True

    def _decide(self, question: EnterpriseQuestion) -> EnterpriseStatus:
        known = self._organizations.get(question.number)
        if known is None:
            return EnterpriseStatus.NO_RECORD
        asked = question.name, question.representative_name, question.representative_number
        if asked != (known.registry_name, known.representative_name, known.representative_number):
            return EnterpriseStatus.MISMATCH
        operates = known.status == organization.OPERATING
        return EnterpriseStatus.MATCH if operates else EnterpriseStatus.NOT_OPERATING

    def _find(self, ai: str, now: datetime) -> _EnterpriseCheck | None:
        check = self._checks.get(ai)
        if check is None or now <= check.asked_at + _KEPT:
            return check
        del self._checks[ai]
        return None


def _check_input(question: EnterpriseQuestion) -> None:
    try:
        organization.check_number(question.number)
        population.check_number(question.representative_number)
    except PopulationError:
        raise RefusedError(NppaCode.NUMBER_ILLEGAL) from None
    for name in (question.name, question.representative_name):
        if not 1 <= len(name) <= NAME_LIMIT or name != name.strip():
            raise RefusedError(NppaCode.NAME_ILLEGAL)
