"""The list that a case was opened from: its filters stay in the addresses of the case, and lead back.

Every page of a case and every form of it keeps them, whatever the form does and wherever a page leads by
itself; a case that a search opens begins without them. A page of reports writes them into its links itself,
because it also walks through the list; for all others `beside` adds them.
"""

from collections.abc import Set
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import parse_qsl, urlencode

from idvault_people.console.visit import Answer, ConsolePage, GoTo, Handler, Visit
from idvault_people.moderation import done

VIEW, SEARCH, AFTER = "view", "q", "after"
KEPT = (VIEW, "category", "operation", "sort", SEARCH, AFTER)
"""What an address says of a list: its view, its filters, what was searched for, and the page."""
_NARROWING = "narrowing"


@dataclass(frozen=True, slots=True)
class Opened(GoTo):
    """The one case that a search found: the way back leads to the whole list, not to a list of this one."""


def kept(visit: Visit, **more: str) -> str:
    """Return the question of an address that keeps which list one came from, "" if there is none."""
    known = {name: visit.query[name] for name in KEPT if visit.query.get(name)}
    return "?" + urlencode({**known, **more}) if known or more else ""


def root(path: str) -> str:
    """Return the list that an address is of: its own, or that of a case."""
    _, first, *more = path.partition("?")[0].split("/")
    return "/narrowings" if more and more[-1] == _NARROWING else f"/{first}"


def within(visit: Visit, path: str) -> str:
    """Return an address with the filters of the visit, if it is of the same list and has none itself."""
    place, _, question = path.partition("?")
    given = parse_qsl(question, keep_blank_values=True)
    is_other = root(place) != root(visit.path) or any(name in KEPT for name, _ in given)
    if is_other or not kept(visit):
        return path
    return place + kept(visit, **dict(given))


def beside(handler: Handler, *, lists: Set[str]) -> Handler:
    """Return a handler whose pages lead back to their list, and tell what was saved just now."""

    def handle(visit: Visit) -> Answer:
        answer = handler(visit)
        if isinstance(answer, Opened):
            return answer
        if isinstance(answer, GoTo):
            return replace(answer, path=within(visit, answer.path))
        if not isinstance(answer, ConsolePage):
            return answer
        of = root(visit.path)
        values = {
            "stay": partial(within, visit),
            "list_path": of + kept(visit) if of in lists and of != visit.path else "",
            "told": done.said(visit),
        }
        return replace(answer, values={**values, **answer.values})

    return handle
