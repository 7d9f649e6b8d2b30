"""The page of a month's figures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from idvault_client.sanctions import OperationFigure, PlatformMonth, Scope
from idvault_people.console.visit import Answer, ConsolePage, Visit
from idvault_people.moderation import shown
from idvault_people.moderation.shown import Item, Link, PagePart, Row
from idvault_people.moderation.workplace import Workplace
from idvault_verify.period import Period, month_of, named, next_month

_DAY = timedelta(days=1)
_MONTHS = 6
_SERIES: Sequence[tuple[str, Callable[[PlatformMonth], int]]] = (
    ("reports", lambda month: month.tip_offs.filed),
    ("solution_late", lambda month: month.tip_offs.solution_late),
    ("sanctions", lambda month: sum(each.imposed for each in month.sanctions)),
    ("appeals", lambda month: month.appeals.filed),
    ("contests", lambda month: month.contests.filed),
)
# The list behind each figure: the vault lists nothing by the month in which it began.
_LISTS = {
    "reports": "/reports",
    "solution_late": "/reports?view=overdue",
    "not_late": "/reports",
    "sanctions": "/sanctions?view=all",
    "appeals": "/appeals?view=all",
    "contests": "/contests?view=all",
    "measures": "/measures?view=all",
    "month_content_appeals": "/measures",
}
_TITLES = {"filed": "total", "open": "still_open", "abusive": "made_to_harm", "late": "solution_late"}


@dataclass(frozen=True, kw_only=True, slots=True)
class MonthPages:
    """The handler."""

    place: Workplace

    def figures(self, visit: Visit) -> Answer:
        """Show what happened to everything that began in a month, the present one unasked."""
        say = visit.say
        found: PlatformMonth = self.place.vault.sanctions.get_month(visit.query.get("month", ""))
        sections = [
            PagePart(title=say("reports"), rows=_rows(found.tip_offs, visit)),
            PagePart(title=say("sanctions"), rows=_sanctions(found, visit)),
            PagePart(title=say("appeals"), rows=_rows(found.appeals, visit)),
            PagePart(title=say("measures"), rows=_measures(found, visit)),
            PagePart(title=say("month_content_appeals"), rows=_rows(found.content_appeals, visit)),
            PagePart(title=say("contests"), rows=_rows(found.contests, visit)),
            PagePart(title=say("reinstatements"), rows=_rows(found.reinstatements, visit)),
            PagePart(title=say("month_applications"), rows=_rows(found.applications, visit)),
        ]
        return ConsolePage(
            template="moderation_figures.html",
            title=say("month_title", month=_called(found.month, visit)),
            values={
                "sections": sections,
                "acts": self._links(found.month, visit),
                "tiles": _tiles(found, visit),
                "heads": [Link(_LISTS[name], say(name)) for name, _ in _SERIES],
                "months": self._series(found, visit),
                "keep": f"&month={found.month}",
            },
        )

    def _series(self, found: PlatformMonth, visit: Visit) -> list[tuple[Link, list[tuple[int, int]]]]:
        """Return the months up to this one, the newest first: each count, and its share of the largest."""
        months, month = [found], named(found.month)
        while month is not None and len(months) < _MONTHS:
            month = month_of(month.first - _DAY)
            months.append(self.place.vault.sanctions.get_month(month.name))
        counts = [[count(each) for _, count in _SERIES] for each in months]
        while len(counts) > 1 and not any(counts[-1]):
            # Before the first month in which something happened there is nothing to compare.
            counts.pop()
            months.pop()
        most = [max(1, *column) for column in zip(*counts, strict=True)]
        shares = [[(one, 100 * one // top) for one, top in zip(row, most, strict=True)] for row in counts]
        links = [Link(f"/figures?month={each.month}", _called(each.month, visit)) for each in months]
        return list(zip(links, shares, strict=True))

    def _links(self, name: str, visit: Visit) -> list[Link]:
        month = named(name)
        if month is None:
            return []
        links = [_link(month_of(month.first - _DAY), visit.say("earlier"))]
        following = next_month(month)
        if following.first <= self.place.clock().astimezone(self.place.zone).date():
            links.append(_link(following, visit.say("later")))
        return links


def _tiles(found: PlatformMonth, visit: Visit) -> list[Item]:
    """Return the counts of the month, each with the list of what there is now."""
    say, reports = visit.say, found.tip_offs
    counts = {name: str(count(found)) for name, count in _SERIES}
    if reports.filed:
        counts["not_late"] = f"{100 * (reports.filed - reports.solution_late) // reports.filed}%"
    counts["measures"] = str(sum(each.imposed for each in found.content_measures))
    counts["month_content_appeals"] = str(found.content_appeals.filed)
    return [
        Item(link=Link(_LISTS[name], say(name)), rows=[(say("total"), count)])
        for name, count in counts.items()
    ]


def _called(name: str, visit: Visit) -> str:
    """Return a month in words."""
    month = named(name)
    return name if month is None else shown.month(month.name, language=visit.language)


def _link(month: Period, text: str) -> Link:
    return Link(f"/figures?month={month.name}", text)


def _rows(figures: Any, visit: Visit) -> list[Row]:
    """Return counts under their names."""
    return [(visit.say(_TITLES.get(name, name)), str(getattr(figures, name))) for name in figures.__slots__]


def _sanctions(found: PlatformMonth, visit: Visit) -> list[Row]:
    say = visit.say
    return [
        *((_degree(each, visit), _told(each, visit)) for each in found.sanctions),
        (say("proposals_open"), str(found.proposals_open)),
        (say("proposals_ended"), str(found.proposals_ended)),
    ]


def _measures(found: PlatformMonth, visit: Visit) -> list[Row]:
    """Return how many measures on content there were, and what became of those of each kind."""
    say = visit.say
    return [
        (say("total"), str(sum(each.imposed for each in found.content_measures))),
        *(
            (
                shown.word("content_kind", each.kind, say),
                say(
                    "measure_figure",
                    imposed=each.imposed,
                    in_force=each.in_force,
                    reversed=each.reversed,
                    overturned=each.overturned,
                ),
            )
            for each in found.content_measures
        ),
    ]


def _degree(figure: OperationFigure, visit: Visit) -> str:
    degree = shown.word("degree", figure.degree, visit.say)
    return str(visit.say("of_owner", degree=degree)) if figure.scope is Scope.PERSON else degree


def _told(figure: OperationFigure, visit: Visit) -> str:
    return str(
        visit.say(
            "sanction_figure",
            imposed=figure.imposed,
            in_force=figure.in_force,
            lifted=figure.lifted,
            lapsed=figure.lapsed,
            overturned=figure.overturned,
        )
    )
