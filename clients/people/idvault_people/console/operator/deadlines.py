"""What platforms must decide or carry out, by platform and kind, and the page of it with what they missed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from idvault_client.pages import rendering
from idvault_people.console import shown
from idvault_people.console.operator.figures import number
from idvault_people.console.operator.parts import (
    AMBER,
    PLAIN,
    RED,
    OperatorCell,
    OperatorNote,
    OperatorSection,
    OperatorTable,
)
from idvault_people.console.operator.session import OperatorSession, unless_unread, unread
from idvault_people.console.operator.texts import OPERATOR
from idvault_people.console.operator.vault_commands import VaultState
from idvault_people.console.visit import Answer, Route, Visit
from idvault_verify.report import catalogue

_PART = "deadlines"
_SOON = timedelta(days=1)
_UNNAMED = ""
_ERASURES = "erasures"
_LATE = timedelta(minutes=5)
"""For how long a step of an erasure may be due, as for the vault's own check."""
_KINDS = {
    "contests.missed": "contests",
    "disavowals.missed": "disavowals",
    "reinstatements.missed": "reinstatements",
    "sanctions.narrowing_missed": "narrowings",
    "appeals.missed": "appeals",
    "content.appeals_missed": "content_appeals",
    "orders.missed": "orders",
    "tip_offs.reply_missed": "reports",
    "tip_offs.solution_missed": "solutions",
    "tip_offs.flood_missed": "flood",
}
"""What was missed, by its figure of the report, whose own titles need the heads of its tables."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenDeadlines:
    """What waits of one kind at a platform. waiting: how many; due: the earliest deadline."""

    platform: str
    kind: str
    waiting: int
    overdue: int
    due: datetime


def kind_name(kind: str, visit: Visit) -> str:
    """Return what must be decided, in words; of a kind that a newer vault has, its own name."""
    key = f"overdue.{kind}"
    return visit.say(key) if key in OPERATOR else kind


def is_told(state: VaultState) -> bool:
    """Return whether the vault told what is open; one of another version may not."""
    return "open" in state.table(_PART)


def untold(state: VaultState, visit: Visit) -> Sequence[OperatorNote]:
    """Return a note if the vault did not tell what is open: no deadlines would look like good news."""
    if is_told(state):
        return ()
    return unread(state, visit, _PART) or (OperatorNote(text=visit.say("open_untold")),)


def found(state: VaultState) -> Sequence[OpenDeadlines]:
    """Return what waits, the earliest deadline first.

    A step of an erasure is the worker's, who takes it once it is due: it is listed only if that is late.
    """
    told: Sequence[Mapping[str, Any]] = state.table(_PART).get("open", ())
    late = erasures_late_since(state) is not None
    each = [
        OpenDeadlines(
            platform=str(one["platform"]),
            kind=str(one["kind"]),
            waiting=int(one["open"]),
            overdue=int(one["overdue"]),
            due=datetime.fromisoformat(one["first_due_time"]),
        )
        for one in told
        if one["kind"] != _ERASURES or (late and one["overdue"])
    ]
    return sorted(each, key=lambda one: (one.due, one.platform, one.kind))


def erasures_late_since(state: VaultState) -> str | None:
    """Return since when a step of an erasure is due, None if it is not for long."""
    told = state.table(_PART)
    since, now = told.get("erasures_due_since"), told.get("time")
    if not since or (now and datetime.fromisoformat(now) - datetime.fromisoformat(since) < _LATE):
        return None
    return str(since)


@dataclass(kw_only=True, eq=False)
class DeadlinePages:
    """The page of deadlines, and what other pages show of them."""

    session: OperatorSession

    def routes(self) -> tuple[Route, ...]:
        """Return the page."""
        return (Route("GET", "/deadlines", self.show),)

    def show(self, visit: Visit) -> Answer:
        """Show what waits of each kind, then at which platform, and what was missed since the month began."""
        state = self.session.state(visit)
        notes, late = [*untold(state, visit)], erasures_late_since(state)
        if late is not None:
            time = self.session.time(late, visit, state)
            notes.append(OperatorNote(text=visit.say("erasures_late", time=time), colour=RED))
        sections = [OperatorSection(notes=notes, table=self._kinds(state, visit))]
        if is_told(state):
            table = self.table(found(state), state, visit)
            sections.append(OperatorSection(title=visit.say("open_by_platform"), table=table))
        if not state.problem(_PART):
            sections.append(self._missed(state, visit))
        return self.session.page(visit, visit.say("deadlines_title"), sections, state=state)

    def table(
        self, all_of: Sequence[OpenDeadlines], state: VaultState, visit: Visit, *, named: bool = True
    ) -> OperatorTable | None:
        """Return what waits as a table, the earliest deadline first; None if that was not told.

        named: whether to name the platform.
        """
        if not is_told(state):
            return None
        keys = ("deadline_of", "open_now", "overdue_now", "first_deadline")
        head = [visit.say(key) for key in (("name", *keys) if named else keys)]
        lines = [
            (
                *((OperatorCell(text=each.platform, link=f"/platforms/{each.platform}"),) if named else ()),
                OperatorCell(text=kind_name(each.kind, visit)),
                OperatorCell(text=number(each.waiting, visit)),
                _overdue(each.overdue, visit),
                self._due(each, state, visit),
            )
            for each in all_of
        ]
        return OperatorTable(head=head, lines=lines, empty=visit.say("nothing_open"))

    def _due(self, each: OpenDeadlines, state: VaultState, visit: Visit) -> OperatorCell:
        """Return the earliest deadline, with how much time is left by the vault's own clock."""
        told = state.table(_PART).get("time")
        now = datetime.fromisoformat(told) if told else self.session.now()
        colour = RED if each.due <= now else AMBER if each.due - now <= _SOON else PLAIN
        return OperatorCell(
            text=self.session.time(each.due.isoformat(), visit, state),
            badge=rendering.time_left(each.due, now=now, say=visit.say),
            colour=colour,
        )

    def _kinds(self, state: VaultState, visit: Visit) -> OperatorTable | None:
        overdue: Mapping[str, int] = state.table(_PART).get("overdue", {})
        waiting = dict.fromkeys(overdue, 0)
        for each in found(state):
            waiting[each.kind] = waiting.get(each.kind, 0) + each.waiting
        lines = [
            (
                OperatorCell(text=kind_name(kind, visit)),
                OperatorCell(text=number(waiting[kind], visit) if is_told(state) else visit.say("not_read")),
                _overdue(count, visit),
            )
            for kind, count in overdue.items()
        ]
        head = [visit.say(key) for key in ("deadline_of", "open_now", "overdue_now")]
        return unless_unread(state, _PART, OperatorTable(head=head, lines=lines, empty=""))

    @staticmethod
    def _missed(state: VaultState, visit: Visit) -> OperatorSection:
        told = state.table(_PART)
        missed: Mapping[str, Mapping[str, int]] = told.get("missed", {})
        lines = []
        for name, figures in sorted(missed.items()):
            first = OperatorCell(text=name, link=f"/platforms/{name}")
            if name == _UNNAMED:
                first = OperatorCell(text=visit.say("not_named"))
            lines += [
                (first, OperatorCell(text=_title(figure, visit)), OperatorCell(text=number(count, visit)))
                for figure, count in figures.items()
            ]
        head = [visit.say(key) for key in ("name", "missed_what", "missed_count")]
        month = shown.month(str(told.get("month", "")), language=visit.language)
        return OperatorSection(
            title=visit.say("missed_in", month=month),
            table=OperatorTable(head=head, lines=lines, empty=visit.say("none_missed")),
        )


def _overdue(count: int, visit: Visit) -> OperatorCell:
    told = number(count, visit)
    return OperatorCell(badge=told, colour=RED) if count else OperatorCell(text=told)


def _title(figure: str, visit: Visit) -> str:
    if figure in _KINDS:
        return kind_name(_KINDS[figure], visit)
    known = catalogue.BY_NAME.get(figure)
    return known.title.in_language(visit.language) if known else figure
