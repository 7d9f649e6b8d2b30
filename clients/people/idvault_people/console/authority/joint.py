"""Joint operations on the officer's console: the list, one with its counts, and a new one."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from idvault_people.authority.joint import CountsOfPlatform, OpenedOperation
from idvault_people.console import done, shown
from idvault_people.console.authority import wording
from idvault_people.console.authority.session import OfficerSession
from idvault_people.console.authority.signing import PaperDraft, SigningPages
from idvault_people.console.visit import Answer, ConsolePage, Download, Route, Visit
from idvault_verify import order
from idvault_verify.attest.order import JointTerms
from idvault_verify.error import InvalidError
from idvault_verify.sanction import SanctionCategory

JointDraft = PaperDraft[JointTerms]
_SEPARATORS = re.compile(r"[\s,，、;；]+")
_LONGEST_LIST = 64 * order.MOST_PLATFORMS


@dataclass(kw_only=True, eq=False)
class JointPages:
    """The pages of operations that were opened."""

    session: OfficerSession

    def routes(self) -> tuple[Route, ...]:
        """Return the pages."""
        return (
            Route("GET", "/operations", self.list),
            Route("GET", "/operations/{id:[0-9a-f]{32}}", self.show),
            Route("GET", "/operations/{id:[0-9a-f]{32}}/signed", self.download),
        )

    def list(self, visit: Visit) -> Answer:
        """List the operations, newest first."""
        found = [*self.session.joint().every()][::-1]
        operations = [
            {
                "path": f"/operations/{each.operation_id}",
                "name": each.terms.title,
                "codes": (),
                "state": self._state(each, visit),
                "colour": self._colour(each),
                "cells": [
                    (visit.say("categories"), _categories(each.terms.categories, visit)),
                    (visit.say("platforms"), shown.listed(each.terms.platforms, visit)),
                    (visit.say("begins"), shown.time(each.begin_time, visit, zone=self.session.zone)),
                    (visit.say("closes"), self._closes(each, visit)),
                ],
            }
            for each in found
        ]
        values = {"operations": operations}
        return ConsolePage(template="operations.html", title=visit.say("operations"), values=values)

    def show(self, visit: Visit) -> Answer:
        """Show one operation with its counts at each platform."""
        found = self.session.joint().get(visit.parts["id"])
        values = {
            "done": done.told(visit, opened=self.session.now() < found.end_time),
            "state": self._state(found, visit),
            "colour": self._colour(found),
            "id": found.operation_id,
            "rows": self._rows(found, visit),
            "counts": [(each.platform, _counts(each, visit)) for each in found.counts],
            "details": [
                (visit.say("operation_id"), found.operation_id),
                (visit.say("roster_version_hash"), found.terms.roster_digest),
            ],
        }
        return ConsolePage(template="operation.html", title=found.terms.title, values=values)

    def download(self, visit: Visit) -> Answer:
        """Send what was signed, as `authority operation show ID --out` writes it."""
        found = self.session.joint().get(visit.parts["id"])
        name = f"operation-{found.operation_id}.bin"
        return Download(name=name, content=found.signed_operation, type="application/octet-stream")

    def _colour(self, found: OpenedOperation) -> str | None:
        return "" if found.begin_time <= self.session.now() < found.end_time else None

    def _state(self, found: OpenedOperation, visit: Visit) -> str:
        now = self.session.now()
        if now < found.begin_time:
            return visit.say("operation_waits")
        return visit.say("operation_runs" if now < found.end_time else "operation_ended")

    def _closes(self, found: OpenedOperation, visit: Visit) -> str | shown.Due:
        """Return when an operation closes by itself; of one that runs, with its bar."""
        now, zone = self.session.now(), self.session.zone
        if not found.begin_time <= now < found.end_time:
            return shown.time(found.end_time, visit, zone=zone)
        return shown.due(found.begin_time, found.end_time, visit, now=now, zone=zone)

    def _rows(self, found: OpenedOperation, visit: Visit) -> Sequence[shown.Fact]:
        terms, zone = found.terms, self.session.zone
        return [
            (visit.say("categories"), _categories(terms.categories, visit)),
            (visit.say("platforms"), shown.listed(terms.platforms, visit)),
            # What was signed; the times below are the vault's word.
            *_days(terms, visit),
            (visit.say("begins"), shown.time(found.begin_time, visit, zone=zone)),
            (visit.say("closes"), self._closes(found, visit)),
        ]


@dataclass(kw_only=True, eq=False)
class NewOperationPages(SigningPages[JointTerms]):
    """The pages of a new operation."""

    root: ClassVar[str] = "/operations/new"
    form: ClassVar[str] = "operation_form.html"
    preview: ClassVar[str] = "operation_check.html"
    title: ClassVar[str] = "open_operation"

    def take(self, draft: JointDraft, visit: Visit) -> None:
        """Keep what was typed."""
        names = ("operation_title", "first_day", "last_day")
        boxes = (f"category.{each.value}" for each in SanctionCategory)
        draft.typed = {
            **{name: visit.line(name) for name in names},
            **{name: visit.given(name) for name in ("platforms", *boxes)},
        }

    def wrong(self, draft: JointDraft, visit: Visit) -> dict[str, str]:
        """Return what is wrong with it, by field, in the order of the page."""
        typed, title = draft.typed, draft.typed["operation_title"]
        limit = order.TITLE_LENGTH
        found = {
            "operation_title": wording.wrong(
                title, visit, lambda: order.check_text(title, field="title", limit=limit)
            ),
            "categories": "" if _chosen(draft) else visit.say("required"),
            "platforms": _wrong_platforms(_platforms(draft), visit),
            **{name: _wrong_day(typed[name], visit) for name in ("first_day", "last_day")},
        }
        errors = {name: text for name, text in found.items() if text}
        return errors or self._wrong_days(draft, visit)

    def asked(self, draft: JointDraft, visit: Visit) -> Mapping[str, Any]:
        """Return the values of the form's template."""
        options = shown.options("category", SanctionCategory, visit.say)
        limits = {"title": order.TITLE_LENGTH, "platforms": _LONGEST_LIST}
        return {"options": options, "limits": limits}

    def made(self, draft: JointDraft) -> Sequence[JointTerms]:
        """Return the operation; raises InvalidError."""
        first, last = (wording.day(draft.typed[name]) for name in ("first_day", "last_day"))
        if first is None or last is None:
            raise ValueError("an operation is made of a form without mistakes")
        made = self.session.joint().operation(
            draft.typed["operation_title"],
            categories=_chosen(draft),
            platforms=_platforms(draft),
            first_day=first,
            last_day=last,
        )
        return [made]

    def told(self, draft: JointDraft, visit: Visit) -> Mapping[str, Any]:
        """Return the values of the preview's template."""
        (terms,) = draft.papers
        rows = [
            (visit.say("authority"), terms.authority),
            (visit.say("operation_title"), terms.title),
            (visit.say("categories"), _categories(terms.categories, visit)),
            (visit.say("platforms"), shown.listed(terms.platforms, visit)),
            *_days(terms, visit),
            (visit.say("made_at"), shown.time(terms.created_at, visit, zone=self.session.zone)),
        ]
        details = [
            (visit.say("operation_id"), terms.operation_id),
            (visit.say("roster_version_hash"), terms.roster_digest),
        ]
        return {"rows": rows, "details": details}

    def look(self, papers: Sequence[JointTerms]) -> None:
        """Read the operation back; raises NotFound."""
        self.session.joint().get(papers[0].operation_id)

    def send(self, papers: Sequence[JointTerms], code: str) -> None:
        """Sign and open the operation; raises VaultError, FindingError."""
        self.session.joint().begin(papers[0], code=code)

    def place(self, papers: Sequence[JointTerms]) -> str:
        """Return the operation's page."""
        return done.at(f"/operations/{papers[0].operation_id}", "opened")

    def _wrong_days(self, draft: JointDraft, visit: Visit) -> dict[str, str]:
        first, last = (wording.day(draft.typed[name]) for name in ("first_day", "last_day"))
        if first is None or last is None:
            return {}
        # As the terms are checked: by the day of the signing in UTC, whatever the zone is here.
        signed_on = self.session.now().date()
        try:
            order.check_days(first, last, signed_on=signed_on)
        except InvalidError as error:
            return {each.field: visit.say("days_wrong") for each in error.violations}
        return {}


def _platforms(draft: JointDraft) -> Sequence[str]:
    return [each for each in _SEPARATORS.split(draft.typed["platforms"]) if each]


def _chosen(draft: JointDraft) -> Sequence[SanctionCategory]:
    return [each for each in SanctionCategory if draft.typed.get(f"category.{each.value}")]


def _categories(found: Sequence[SanctionCategory], visit: Visit) -> str:
    return shown.listed((shown.word("category", each, visit.say) for each in found), visit)


def _days(terms: JointTerms, visit: Visit) -> Sequence[shown.Row]:
    """Return the days that were signed, which are the vault's."""
    days = (("first_day", terms.first_day), ("last_day", terms.last_day))
    return [
        (visit.say(key), visit.say("vault_day", day=shown.day(day, language=visit.language)))
        for key, day in days
    ]


def _wrong_platforms(names: Sequence[str], visit: Visit) -> str:
    if not names:
        return visit.say("required")
    for number, name in enumerate(names, 1):
        try:
            order.check_name(name, field="platforms")
        except InvalidError:
            return visit.say("platform_number_wrong", number=number)
    most = order.MOST_PLATFORMS
    return visit.say("platforms_many", most=most) if len(set(names)) > most else ""


def _wrong_day(text: str, visit: Visit) -> str:
    if not text:
        return visit.say("required")
    return "" if wording.day(text) else visit.say("day_wrong")


def _counts(found: CountsOfPlatform, visit: Visit) -> Sequence[shown.Row]:
    """Return what belongs to an operation at one platform, with withheld counts in words."""
    rows = [
        (shown.word("degree", each.degree, visit.say), _count(each.count, each.withheld, visit))
        for each in found.sanctions
    ]
    none = [] if rows else [(visit.say("sanctions"), "0")]
    return [*rows, *none, (visit.say("reports"), _count(found.reports, found.reports_withheld, visit))]


def _count(count: int, withheld: bool, visit: Visit) -> str:
    return visit.say("withheld") if withheld else str(count)
