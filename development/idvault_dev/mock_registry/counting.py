"""The mock registry's counters: calls and charges since the last reset, and checks per day."""

from collections import Counter
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta, timezone

from idvault.registry.nppa import NppaCode
from idvault_dev.mock_registry.registry_half import RefusedError

ZONE = timezone(timedelta(hours=8))


@dataclass(slots=True)
class Counters:
    """Counts since the start or the last reset; charged and duplicate_ai cover both wires.

    most_in_a_second: of checks of people, admitted or not.
    """

    check: int = 0
    query: int = 0
    charged: int = 0
    duplicate_ai: int = 0
    refused_rate: int = 0
    refused_clock: int = 0
    refused_sign: int = 0
    enterprise_check: int = 0
    notices: int = 0
    most_in_a_second: int = 0

    def as_json(self) -> dict[str, int]:
        """Return the counters by name."""
        return asdict(self)

    def reset(self) -> None:
        """Set all counters to 0."""
        for each in fields(self):
            setattr(self, each.name, 0)


class DayCaps:
    """How often one name and one number may be checked per day (China time)."""

    def __init__(self, *, name: int, number: int) -> None:
        """Set the two caps."""
        self._caps = {"name": name, "number": number}
        self._day = ""
        self._used: Counter[tuple[str, str]] = Counter()

    def count(self, *, name: str, number: str, now: datetime) -> None:
        """Count a check; raises RefusedError (RESOURCE_LIMIT) above a cap."""
        day = now.astimezone(ZONE).date().isoformat()
        if day != self._day:
            self._day = day
            self._used.clear()
        keys = {"name": name, "number": number}
        if any(self._used[kind, value] >= self._caps[kind] for kind, value in keys.items()):
            raise RefusedError(NppaCode.RESOURCE_LIMIT)
        self._used.update(keys.items())
