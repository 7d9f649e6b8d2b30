"""The list that a page of one case leads back to: with the filters that it was seen with last."""

from dataclasses import dataclass, field
from urllib.parse import urlencode

from idvault_people.console.done import DONE
from idvault_people.console.visit import Visit

_NOT_OF_LIST = ("lang", DONE)


@dataclass(eq=False)
class WayBack:
    """The address of a list in this session; in memory only, since a search may name a case or an account."""

    path: str
    _question: str = field(default="", repr=False)

    def remember(self, visit: Visit) -> None:
        """Keep what the list is asked for."""
        asked = [(name, text) for name, text in visit.query.items() if text and name not in _NOT_OF_LIST]
        self._question = urlencode(asked)

    @property
    def address(self) -> str:
        """Where the list is as it was seen last."""
        return f"{self.path}?{self._question}" if self._question else self.path
