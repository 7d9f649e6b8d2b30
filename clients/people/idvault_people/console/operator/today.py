"""The first page: what is urgent, and a figure for each page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from idvault_people.console.operator import findings, platforms, storage
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
        waiting = sum(state.table("queue").get("waiting", {}).values())
        yield _tile(visit, "tile_queue", waiting, "/queue")
        unsequenced = int(state.table("log").get("waiting", 0))
        yield _tile(visit, "tile_log", unsequenced, "/log")
        late = sum(state.table("deadlines").get("overdue", {}).values())
        yield _tile(visit, "tile_overdue", late, "/deadlines", RED if late else PLAIN)
        drills = sum(bool(each["overdue"]) for each in state.list("drills"))
        yield _tile(visit, "tile_drills", drills, "/members", RED if drills else PLAIN)
        yield self._backup(state, visit)
        failed, colour = findings.failed(self.session.commands.last_findings())
        figure = visit.say("not_asked") if failed is None else number(failed, visit)
        yield OperatorTile(name=visit.say("tile_doctor"), figure=figure, link="/doctor", colour=colour)

    def _backup(self, state: VaultState, visit: Visit) -> OperatorTile:
        """Return the age of the older of both databases' newest backups."""
        found = state.table("backups")
        times = [datetime.fromisoformat(found[name]) for name in ("main", "shred") if found.get(name)]
        name, link = visit.say("tile_backup"), "/storage"
        if len(times) < 2:
            return OperatorTile(name=name, figure=visit.say("not_known_short"), link=link, colour=AMBER)
        age = self.session.now() - min(times)
        hours = max(age // timedelta(hours=1), 0)
        colour = RED if age > storage.BACKUP_OLD else PLAIN
        return OperatorTile(name=name, figure=visit.say("hours", hours=hours), link=link, colour=colour)


def _ending(each: RegisteredName, now: datetime, visit: Visit) -> OperatorNote:
    link, label = f"/platforms/{each.name}", visit.say("open_name", name=each.name)
    return OperatorNote(text=platforms.ending(each, now, visit), colour=RED, link=link, label=label)


def _tile(visit: Visit, key: str, count: int, link: str, colour: str = PLAIN) -> OperatorTile:
    return OperatorTile(name=visit.say(key), figure=number(count, visit), link=link, colour=colour)
