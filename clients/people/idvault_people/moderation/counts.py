"""How much waits in each queue, beside the menu.

The overview counts every list anyway, and tells what it found. Any other page counts at most one queue anew:
the one in which something was done just now, else the one whose count is the oldest.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from idvault_client.errors import VaultError
from idvault_people.console.visit import Answer, GoTo, Handler, MenuCount, Visit
from idvault_people.moderation import way_back

MOST = 99
"""More than these are told as "99+"; the overview counts as far."""
QUEUES: Mapping[str, tuple[str, str]] = {
    "/reports": ("open_reports", "overdue_reports"),
    "/sanctions": ("to_confirm", ""),
    "/appeals": ("appeals_to_decide", "overdue_appeals"),
    "/measures": ("content_appeals", "overdue_content_appeals"),
    "/orders": ("orders_open", "overdue_orders"),
    "/public-accounts": ("applications", ""),
    "/contests": ("contests_to_decide", "overdue_contests"),
    "/disavowals": ("disavowals_to_decide", "overdue_disavowals"),
    "/reinstatements": ("reinstatements_to_decide", "overdue_reinstatements"),
    "/narrowings": ("to_narrow", ""),
}
"""What is counted of each queue: by its address in the menu, what waits, and what of it is overdue."""
_FRESH = timedelta(minutes=1)


@dataclass(kw_only=True, eq=False, repr=False)
class QueueCounts:
    """What was counted last: by queue what waits, what of it is overdue, and when."""

    clock: Callable[[], datetime]
    _known: dict[str, tuple[int, int, datetime]] = field(default_factory=dict)

    def learn(self, counted: Mapping[str, int]) -> None:
        """Take what the overview has counted, by its lists."""
        for path, (waiting, late) in QUEUES.items():
            self.put(path, counted[waiting], counted[late] if late else 0)

    def put(self, path: str, waiting: int, late: int) -> None:
        """Take the counts of a queue."""
        self._known[path] = (waiting, late, self.clock())

    def forget(self, path: str) -> None:
        """Show none of a queue until it is counted again."""
        self._known.pop(path, None)

    def oldest(self) -> str:
        """Return the queue that was counted first or never, "" if all counts are fresh."""
        never = [path for path in QUEUES if path not in self._known]
        if never:
            return never[0]
        path = min(QUEUES, key=lambda each: self._known[each][2])
        return path if self._known[path][2] <= self.clock() - _FRESH else ""

    def shown(self, visit: Visit) -> dict[str, MenuCount]:
        """Return what stands beside the menu, by address."""
        return {path: _told(count, late, visit) for path, (count, late, _) in self._known.items() if count}


@dataclass(frozen=True, kw_only=True, slots=True)
class CountedPages:
    """Counts one queue with each page. count: how many are in a list of the overview, up to a number."""

    counts: QueueCounts
    count: Callable[[str, int], int]

    def beside(self, handler: Handler) -> Handler:
        """Return a handler that counts one queue anew after its page."""

        def handle(visit: Visit) -> Answer:
            answer = handler(visit)
            path = _changed(visit, answer) or self.counts.oldest()
            if path:
                self._look(path)
            return answer

        return handle

    def _look(self, path: str) -> None:
        waiting, late = QUEUES[path]
        try:
            count = self.count(waiting, MOST + 1)
            overdue = self.count(late, MOST + 1) if late and count else 0
        except VaultError:
            # The page itself was answered: it is shown without this count.
            self.counts.forget(path)
        else:
            self.counts.put(path, count, overdue)


def _changed(visit: Visit, answer: Answer) -> str:
    """Return the queue in which a form did something, "" if none did."""
    if not (visit.fields and isinstance(answer, GoTo)):
        return ""
    path = way_back.root(visit.path)
    return path if path in QUEUES else ""


def _told(count: int, late: int, visit: Visit) -> MenuCount:
    told = _up_to(count)
    if not late:
        return MenuCount(told)
    return MenuCount(visit.say("late_of", late=_up_to(late), count=told), is_late=True)


def _up_to(count: int) -> str:
    return f"{MOST}+" if count > MOST else str(count)
