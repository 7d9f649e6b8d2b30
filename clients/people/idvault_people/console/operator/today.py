"""The first page: what is urgent, what is new since the last visit, and a figure for each page.

It comes anew while it is open (static/state.js).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from idvault_people.console.operator import advice, deadlines, log, storage
from idvault_people.console.operator.deadlines import DeadlinePages
from idvault_people.console.operator.figures import figure, number
from idvault_people.console.operator.findings import AGAIN, by_text
from idvault_people.console.operator.keys import RegisteredName
from idvault_people.console.operator.last_visit import Sight
from idvault_people.console.operator.parts import (
    AMBER,
    PLAIN,
    RED,
    OperatorCell,
    OperatorSection,
    OperatorTable,
    OperatorTile,
)
from idvault_people.console.operator.platforms import NamePages, short_name
from idvault_people.console.operator.session import OperatorSession, is_not_configured, unread
from idvault_people.console.operator.urgent import UrgentNotes
from idvault_people.console.operator.vault_commands import VaultState
from idvault_people.console.visit import Answer, Hiding, Route, Visit

_LATELY = timedelta(days=7)
"""How long the first page tells of a key that was registered or revoked."""
_MOST_DEADLINES = 8
"""How many deadlines the first page lists, the earliest first."""
_SUCCEEDED = "claims/SUCCEEDED"
_BY_ITSELF = "anew"
"""What the address has when the page comes anew, by script or while doctor runs: nobody may be looking."""
_FIGURES = {
    "tile_ending": ("platforms", "/platforms"),
    "tile_unknown": ("platforms", "/platforms"),
    "tile_verified": ("usage", "/platforms"),
    "tile_queue": ("queue", "/queue"),
    "tile_log": ("log", "/log"),
    "tile_overdue": ("deadlines", "/deadlines"),
    "tile_drills": ("drills", "/members"),
}
"""The part of the vault's state that each figure is from, and the page that it leads to."""


@dataclass(kw_only=True, eq=False)
class TodayPage:
    """The first page."""

    session: OperatorSession
    platforms: NamePages
    deadlines: DeadlinePages

    def routes(self) -> tuple[Route, ...]:
        """Return the page."""
        return (Route("GET", "/", self.show),)

    def show(self, visit: Visit) -> Answer:
        """Show what is urgent, then the figures; while doctor runs, the page comes again by itself."""
        state, doctor = self.session.state(visit), self.session.doctor
        doctor.look()
        names, visited = self.platforms.names(state), self._visited(state, visit)
        notes = UrgentNotes(session=self.session, state=state, visit=visit).all(names)
        section = OperatorSection(
            notes=[*notes, *unread(state, visit, *state.parts)],
            tiles=[*self._tiles(state, names, visit)],
            after=[*visited, visit.say("not_watched")],
        )
        sections = [
            section,
            *self._deadlines(state, visit),
            *self._doctor_found(visit),
            *self._names(state, names, visit),
        ]
        anew = f"/?{_BY_ITSELF}=1"
        return self.session.page(
            visit,
            visit.say("today"),
            sections,
            state=state,
            again=Hiding(AGAIN, anew) if doctor.is_running else None,
            live=_digest(section),
            live_path=anew,
            script="console.js polling.js state.js",
        )

    def _visited(self, state: VaultState, visit: Visit) -> Sequence[str]:
        """Keep what this page shows for the next visit; return when the last one was, and if that failed."""
        last, told = self.session.doctor.last, state.table("deadlines")
        findings = None
        if last is not None and not last.problem:
            findings = {
                str(each["check"]): bool(each["passed"]) for each in last.findings if _stands_out(each)
            }
        visits = self.session.last_visit
        visits.look(
            Sight(
                at=self.session.now(),
                findings=findings,
                month=str(told.get("month", "")),
                missed=told.get("missed"),
            ),
            by_itself=bool(visit.query.get(_BY_ITSELF)),
        )
        texts = []
        if visits.before is not None:
            time = self.session.time(visits.before.at.isoformat(), visit, state)
            texts.append(visit.say("last_visit", time=time))
        return [*texts, *(() if visits.is_kept else [visit.say("visit_not_kept")])]

    def _deadlines(self, state: VaultState, visit: Visit) -> Iterator[OperatorSection]:
        """Yield what platforms must decide or carry out first."""
        if state.problem("deadlines"):
            return
        first = deadlines.found(state)[:_MOST_DEADLINES]
        yield OperatorSection(
            title=visit.say("due_first"),
            notes=deadlines.untold(state, visit),
            table=self.deadlines.table(first, state, visit),
            links=[("/deadlines", visit.say("all_deadlines"))],
        )

    def _names(
        self, state: VaultState, names: Sequence[RegisteredName], visit: Visit
    ) -> Iterator[OperatorSection]:
        """Yield the certificates that end first, and the keys that came or went in the last days."""
        if state.problem("platforms"):
            return
        yield OperatorSection(
            title=visit.say("soonest"),
            table=self.platforms.soonest(state, visit),
            links=[("/platforms", visit.say("all_names"))],
        )
        since = self.session.now() - _LATELY
        found = [
            (datetime.fromisoformat(at), word, each.name, short_name(each))
            for each in names
            for key in each.keys
            for at, word in ((key.registered, "was_registered"), (key.revoked, "was_revoked"))
            if at and datetime.fromisoformat(at) >= since
        ]
        lines = [
            (
                OperatorCell(text=self.session.time(at.isoformat(), visit, state)),
                OperatorCell(text=visit.say(word)),
                OperatorCell(text=short, link=f"/platforms/{name}"),
            )
            for at, word, name, short in sorted(found, reverse=True)
        ]
        head = [visit.say(key) for key in ("changed_at", "changed_what", "name")]
        table = OperatorTable(head=head, lines=lines, empty=visit.say("nothing_changed"))
        yield OperatorSection(title=visit.say("changed"), table=table)

    def _doctor_found(self, visit: Visit) -> Iterator[OperatorSection]:
        """Yield the remarks of the check that ended last, and how much passed; what failed is above."""
        last = self.session.doctor.last
        if last is None or last.problem:
            return
        remarks = [each for each in last.findings if each["passed"] and each["remark"]]
        notes = [
            advice.note(visit.say("check_remark"), text, visit, colour=AMBER, is_new=self._is_new(checks))
            for text, checks in by_text(remarks).items()
        ]
        passed = sum(bool(each["passed"]) for each in last.findings)
        yield OperatorSection(
            title=visit.say("doctor_found", age=self.session.age(last.ended_at, visit)),
            notes=notes,
            texts=[visit.say("passed_checks", count=passed)],
            links=[("/doctor", visit.say("doctor_title"))],
        )

    def _is_new(self, checks: Sequence[str]) -> bool:
        return any(self.session.last_visit.is_new(check, passed=True) for check in checks)

    def _tiles(
        self, state: VaultState, names: Sequence[RegisteredName], visit: Visit
    ) -> Iterator[OperatorTile]:
        now = self.session.now()
        ending = sum(each.is_urgent(now) for each in names)
        unknown = sum(each.is_unknown() for each in names if not each.is_of_moderator())
        verified = sum(usage.get(_SUCCEEDED, 0) for usage in state.table("usage").values())
        colour = RED if ending else PLAIN
        yield _tile(state, visit, "tile_ending", ending, colour)
        if unknown:
            yield _tile(state, visit, "tile_unknown", unknown, AMBER)
        yield _tile(state, visit, "tile_verified", verified)
        waiting = sum(state.table("queue").get("waiting", {}).values())
        yield _tile(state, visit, "tile_queue", waiting)
        found = state.table("log")
        uncosigned = log.uncovered_since(found, now) is not None
        yield _tile(state, visit, "tile_log", log.behind(found), RED if uncosigned else PLAIN)
        late = sum(state.table("deadlines").get("overdue", {}).values())
        yield _tile(state, visit, "tile_overdue", late, RED if late else PLAIN)
        drills = sum(bool(each["overdue"]) for each in state.list("drills"))
        yield _tile(state, visit, "tile_drills", drills, RED if drills else PLAIN)
        yield self._backup(state, visit)
        yield self._doctor(visit)

    def _doctor(self, visit: Visit) -> OperatorTile:
        """Return how many checks failed, with the age of that; words while there is no result."""
        runs, name, link = self.session.doctor, visit.say("tile_doctor"), "/doctor"
        if runs.last is None or runs.last.problem:
            told = visit.say("runs_now" if runs.is_running else "not_known_short")
            return OperatorTile(name=name, figure=told, link=link, colour=AMBER)
        failed = len(runs.last.failed)
        colour = RED if failed else AMBER if runs.is_old else PLAIN
        name = visit.say("tile_doctor_at", time=self.session.age(runs.last.ended_at, visit))
        return OperatorTile(name=name, figure=number(failed, visit), link=link, colour=colour)

    def _backup(self, state: VaultState, visit: Visit) -> OperatorTile:
        """Return the age of the older of both databases' newest backups."""
        found = state.table("backups")
        times = [datetime.fromisoformat(found[name]) for name in storage.DATABASES if found.get(name)]
        name, link = visit.say("tile_backup"), "/storage"
        if state.problem("backups"):
            word = "backups_unset_short" if is_not_configured(state, "backups") else "not_known_short"
            return OperatorTile(name=name, figure=visit.say(word), link=link, colour=AMBER)
        if len(times) < len(storage.DATABASES):
            return OperatorTile(name=name, figure=visit.say("backup_none"), link=link, colour=RED)
        age = self.session.now() - min(times)
        hours = max(age // timedelta(hours=1), 0)
        colour = RED if age > storage.BACKUP_OLD else PLAIN
        return OperatorTile(name=name, figure=visit.say("hours", hours=hours), link=link, colour=colour)


def _stands_out(finding: Mapping[str, Any]) -> bool:
    return bool(finding["remark"]) if finding["passed"] else bool(finding["made"])


def _digest(section: OperatorSection) -> str:
    """Return what changes when a note or the colour of a figure does: whoever reads is told of these.

    A figure alone is no news: some of them change each minute while all is well.
    """
    told = (
        [(note.text, note.said, note.technical) for note in section.notes],
        [tile.colour for tile in section.tiles],
    )
    return sha256(repr(told).encode()).hexdigest()[:16]


def _tile(state: VaultState, visit: Visit, key: str, count: int, colour: str = PLAIN) -> OperatorTile:
    """Return a figure that stands out if its part of the vault's state was not read."""
    part, link = _FIGURES[key]
    return OperatorTile(
        name=visit.say(key),
        figure=figure(count, part, state, visit),
        link=link,
        colour=AMBER if state.problem(part) else colour,
    )
