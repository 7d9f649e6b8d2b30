"""The page of a month's figures."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from idvault_client.sanctions import OperationFigure, PlatformMonth, Scope
from idvault_people.console.visit import Answer, Visit
from idvault_people.moderation import shown
from idvault_people.moderation.case_page import CasePage
from idvault_people.moderation.shown import Link, PagePart, Row
from idvault_people.moderation.workplace import Workplace
from idvault_verify.period import Period, month_of, named, next_month

_DAY = timedelta(days=1)
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
            PagePart(title=say("contests"), rows=_rows(found.contests, visit)),
            PagePart(title=say("reinstatements"), rows=_rows(found.reinstatements, visit)),
            PagePart(title=say("month_applications"), rows=_rows(found.applications, visit)),
        ]
        return CasePage(
            title=say("month_title", month=found.month),
            sections=sections,
            acts=self._links(found.month, visit),
            notes=[say("month_text")],
            keep=f"&month={found.month}",
        ).page()

    def _links(self, name: str, visit: Visit) -> list[Link]:
        month = named(name)
        if month is None:
            return []
        links = [_link(month_of(month.first - _DAY), visit.say("earlier"))]
        following = next_month(month)
        if following.first <= self.place.clock().astimezone(self.place.zone).date():
            links.append(_link(following, visit.say("later")))
        return links


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
