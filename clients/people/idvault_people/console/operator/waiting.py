"""The pages of what waits: the queue of the registry, and deadlines with who missed them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from idvault_people.console import shown
from idvault_people.console.operator.parts import (
    RED,
    OperatorCell,
    OperatorNote,
    OperatorSection,
    OperatorTable,
)
from idvault_people.console.operator.platforms import number
from idvault_people.console.operator.session import OperatorSession, unless_unread, unread
from idvault_people.console.operator.vault_commands import VaultState
from idvault_people.console.visit import Answer, Route, Visit
from idvault_verify.report import catalogue

_REGISTRY = "registry"
_UNNAMED = ""
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


@dataclass(kw_only=True, eq=False)
class WaitingPages:
    """The pages of the queue and of deadlines."""

    session: OperatorSession

    def routes(self) -> tuple[Route, ...]:
        """Return the pages."""
        return (Route("GET", "/queue", self.queue), Route("GET", "/deadlines", self.deadlines))

    def queue(self, visit: Visit) -> Answer:
        """Show how many claims wait, of which platform, and what holds the registry's calls back."""
        state = self.session.state(visit)
        queue = state.table("queue")
        waiting: Mapping[str, int] = queue.get("waiting", {})
        by_count = sorted(waiting.items(), key=lambda each: (-each[1], each[0]))
        lines = [
            (OperatorCell(text=name, link=f"/platforms/{name}"), OperatorCell(text=number(count, visit)))
            for name, count in by_count
        ]
        table = OperatorTable(
            head=[visit.say("name"), visit.say("waits_here")], lines=lines, empty=visit.say("queue_empty")
        )
        sections = [
            OperatorSection(
                notes=unread(state, visit, "queue"),
                rows=self._queue(state, visit),
                table=unless_unread(state, "queue", table),
            ),
            self._registry(state, visit),
        ]
        return self.session.page(visit, visit.say("queue_title"), sections, state=state)

    def _queue(self, state: VaultState, visit: Visit) -> Sequence[tuple[str, str]]:
        queue = state.table("queue")
        if not queue:
            return ()
        rows = [(visit.say("queue_all"), number(sum(queue["waiting"].values()), visit))]
        if queue["oldest_time"]:
            rows.append((visit.say("queue_oldest"), self.session.time(queue["oldest_time"], visit, state)))
        return rows

    def _registry(self, state: VaultState, visit: Visit) -> OperatorSection:
        """Return the shared rate cap with its bans, and what doctor found last of the registry."""
        held: Mapping[str, str] = state.table("queue").get("held_until", {})
        pace = state.table("limits").get("registry_calls_per_second")
        rows = [] if pace is None else [(visit.say("limit.registry_calls_per_second"), number(pace, visit))]
        for name, until in held.items():
            time = self.session.time(until, visit, state)
            rows.append((visit.say("held_until", name=name), time))
        last = self.session.doctor.last
        ill = [each for each in (last.failed if last else ()) if str(each["check"]).startswith(_REGISTRY)]
        is_free = not held and not state.problem("queue")
        notes = [
            OperatorNote(
                text=visit.say("registry_ill"), colour=RED, link="/doctor", label=visit.say("doctor_title")
            )
            for _ in ill[:1]
        ]
        return OperatorSection(
            title=visit.say("registry_title"),
            notes=notes,
            texts=[visit.say("registry_none_held")] if is_free else (),
            rows=rows,
            summary=visit.say("breaker"),
            details=[(visit.say("breaker_is"), visit.say("breaker_text"))],
        )

    def deadlines(self, visit: Visit) -> Answer:
        """Show what is overdue now, and which platform missed what since the month began."""
        state = self.session.state(visit)
        found = state.table("deadlines")
        overdue: Mapping[str, int] = found.get("overdue", {})
        lines = [
            (
                OperatorCell(text=visit.say(f"overdue.{name}")),
                OperatorCell(text=number(count, visit))
                if not count
                else OperatorCell(badge=number(count, visit), colour=RED),
            )
            for name, count in overdue.items()
        ]
        notes = [*unread(state, visit, "deadlines")]
        if found.get("erasures_due_since"):
            time = self.session.time(found["erasures_due_since"], visit, state)
            notes.append(OperatorNote(text=visit.say("erasures_late", time=time), colour=RED))
        head = [visit.say("deadline_of"), visit.say("overdue_now")]
        sections = [
            OperatorSection(notes=notes, table=OperatorTable(head=head, lines=lines, empty="")),
            *(() if state.problem("deadlines") else (self._missed(state, visit),)),
        ]
        return self.session.page(visit, visit.say("deadlines_title"), sections, state=state)

    @staticmethod
    def _missed(state: VaultState, visit: Visit) -> OperatorSection:
        found = state.table("deadlines")
        missed: Mapping[str, Mapping[str, int]] = found.get("missed", {})
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
        return OperatorSection(
            title=visit.say(
                "missed_in", month=shown.month(str(found.get("month", "")), language=visit.language)
            ),
            table=OperatorTable(head=head, lines=lines, empty=visit.say("none_missed")),
        )


def _title(figure: str, visit: Visit) -> str:
    if figure in _KINDS:
        return visit.say(f"overdue.{_KINDS[figure]}")
    known = catalogue.BY_NAME.get(figure)
    return known.title.in_language(visit.language) if known else figure
