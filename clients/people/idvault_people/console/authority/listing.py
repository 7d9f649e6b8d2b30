"""The pages of a list on the officer's console: those in one state, by fifties."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from idvault_people.console import shown
from idvault_people.console.visit import Visit

_PAGE = 50
_LONGEST_NUMBER = 8
State = TypeVar("State", bound=StrEnum)
Listed = TypeVar("Listed")


@dataclass(frozen=True, kw_only=True, slots=True)
class StateList(Generic[State]):
    """A list that is chosen by state. words: the name of the states' texts; states: as they are offered."""

    path: str
    words: str
    states: Sequence[State]

    def wanted(self, visit: Visit) -> State | None:
        """Return the state that is asked for, None for any."""
        return next((each for each in self.states if each.value == visit.query.get("state")), None)

    def values(
        self, found: Sequence[Listed], item: Callable[[Listed, Visit], Any], visit: Visit
    ) -> dict[str, Any]:
        """Return the values of the list's template: the items of the asked page, and its links."""
        wanted, last = self.wanted(visit), max(0, len(found) - 1) // _PAGE + 1
        number = _number(visit.query.get("page", ""), last=last)
        asked = {"state": wanted.value} if wanted else {}
        return {
            "items": [item(each, visit) for each in found[(number - 1) * _PAGE : number * _PAGE]],
            "path": self.path,
            "states": shown.options(self.words, self.states, visit.say),
            "wanted": wanted.value if wanted else "",
            "before": self._link({**asked, "page": number - 1}) if number > 1 else "",
            "after": self._link({**asked, "page": number + 1}) if number < last else "",
        }

    def _link(self, asked: dict[str, Any]) -> str:
        return f"{self.path}?{urlencode(asked)}"


def _number(text: str, *, last: int) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER
    return min(int(text), last) if is_number and int(text) else 1
