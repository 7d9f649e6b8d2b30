"""The first page: what is urgent, and a figure for each page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from idvault_people.console.operator import platforms
from idvault_people.console.operator.keys import RegisteredName
from idvault_people.console.operator.parts import (
    AMBER,
    PLAIN,
    RED,
    OperatorNote,
    OperatorSection,
    OperatorTile,
)
from idvault_people.console.operator.platforms import NamePages, number
from idvault_people.console.operator.session import OperatorSession, unread
from idvault_people.console.operator.vault_commands import VaultState
from idvault_people.console.visit import Answer, Route, Visit

_SUCCEEDED = "claims/SUCCEEDED"


@dataclass(kw_only=True, eq=False)
class TodayPage:
    """The first page."""

    session: OperatorSession
    platforms: NamePages

    def routes(self) -> tuple[Route, ...]:
        """Return the page."""
        return (Route("GET", "/", self.show),)

    def show(self, visit: Visit) -> Answer:
        """Show what is urgent, then the figures."""
        state = self.session.state(visit)
        names, now = self.platforms.names(state), self.session.now()
        urgent = [each for each in names if each.is_urgent(now)]
        section = OperatorSection(
            notes=[
                *(_ending(each, now, visit) for each in urgent),
                *unread(state, visit, *state.parts),
            ],
            tiles=[*self._tiles(state, names, visit)],
        )
        return self.session.page(visit, visit.say("today"), [section], state=state)

    def _tiles(
        self, state: VaultState, names: Sequence[RegisteredName], visit: Visit
    ) -> Iterator[OperatorTile]:
        now = self.session.now()
        ending = sum(each.is_urgent(now) for each in names)
        unknown = sum(each.is_unknown() for each in names)
        verified = sum(usage.get(_SUCCEEDED, 0) for usage in state.table("usage").values())
        yield _tile(visit, "tile_ending", ending, "/platforms", RED if ending else PLAIN)
        if unknown:
            yield _tile(visit, "tile_unknown", unknown, "/platforms", AMBER)
        yield _tile(visit, "tile_verified", verified, "/platforms")


def _ending(each: RegisteredName, now: datetime, visit: Visit) -> OperatorNote:
    link, label = f"/platforms/{each.name}", visit.say("open_name", name=each.name)
    return OperatorNote(text=platforms.ending(each, now, visit), colour=RED, link=link, label=label)


def _tile(visit: Visit, key: str, count: int, link: str, colour: str = PLAIN) -> OperatorTile:
    return OperatorTile(name=visit.say(key), figure=number(count, visit), link=link, colour=colour)
