"""The page of the queue of the registry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from idvault_people.console.operator.figures import number
from idvault_people.console.operator.parts import (
    RED,
    OperatorCell,
    OperatorNote,
    OperatorSection,
    OperatorTable,
)
from idvault_people.console.operator.session import OperatorSession, unless_unread, unread
from idvault_people.console.operator.vault_commands import VaultState
from idvault_people.console.visit import Answer, Route, Visit

_REGISTRY = "registry"


@dataclass(kw_only=True, eq=False)
class RegistryPage:
    """The page of the queue."""

    session: OperatorSession

    def routes(self) -> tuple[Route, ...]:
        """Return the page."""
        return (Route("GET", "/queue", self.queue),)

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
