"""The pages of measures on content: what was done, why, what was written against it, and the decision."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from idvault_client.sanctions import (
    AppealState,
    ContentMeasurePage,
    ContentMeasureState,
    PlatformContentMeasure,
)
from idvault_client.tip_offs import TargetKind, TipOffReport
from idvault_people.console.visit import Answer, Visit
from idvault_people.moderation import done, listing, measure_item, shown, statement
from idvault_people.moderation.case_page import CasePage
from idvault_people.moderation.finding import Finder
from idvault_people.moderation.form import Form
from idvault_people.moderation.listing import ListPage
from idvault_people.moderation.report_case import ReportScreen, path
from idvault_people.moderation.shown import Field, Link, PagePart, Row
from idvault_people.moderation.whole_list import every
from idvault_people.moderation.workplace import Workplace

_SIZE = 50
_REASON = 500
_VERDICTS = (AppealState.UPHELD, AppealState.REJECTED)


@dataclass(frozen=True, kw_only=True, slots=True)
class MeasurePages:
    """The handlers."""

    place: Workplace

    def queue(self, visit: Visit) -> Answer:
        """Show measures with an appeal to decide, those whose appeal is overdue, or all."""
        say = visit.say
        views = [
            ("appealed", say("open_appeals")),
            ("overdue", say("overdue_view")),
            ("all", say("all_view")),
        ]
        view = listing.view_of(visit, views)
        empty = {"appealed": "no_content_appeals", "overdue": "no_late_content_appeals", "all": "no_measures"}

        def ask() -> tuple[Sequence[PlatformContentMeasure], str]:
            page = self.listed(view, page_size=_SIZE, page_token=listing.after(visit))
            return page.measures, page.next_page_token

        def shows(found: Sequence[PlatformContentMeasure], following: str) -> ListPage:
            return ListPage(
                title=say("measures"),
                views=views,
                items=[measure_item.item(each, place=self.place, visit=visit) for each in found],
                following=following,
                empty=say(empty[view]),
            )

        return self._finder().answer(visit, ask=ask, shows=shows)

    def _finder(self) -> Finder[PlatformContentMeasure]:
        calls = self.place.vault.content_measures

        def of_content(content: str) -> Iterable[PlatformContentMeasure]:
            return every(calls.list_page, "measures", content=content)

        def of_report(report: TipOffReport) -> Iterable[PlatformContentMeasure]:
            if report.measure_id:
                return [calls.get(report.measure_id)]
            return of_content(report.target.key) if report.target.kind is TargetKind.CONTENT else ()

        return Finder(
            place=self.place,
            path=measure_item.path,
            of_id=lambda which: [calls.get(which)],
            of_report=of_report,
            of_words=of_content,
            asks="search_measures",
            takes="search_measures_takes",
        )

    def listed(self, view: str, *, page_size: int, page_token: str = "") -> ContentMeasurePage:
        """Return a page of a view; one of overdue appeals may have fewer, and others follow."""
        appeal = None if view == "all" else AppealState.FILED
        page: ContentMeasurePage = self.place.vault.content_measures.list_page(
            appeal=appeal, page_size=page_size, page_token=page_token
        )
        if view != "overdue":
            return page
        now = self.place.clock()
        late = tuple(each for each in page.measures if each.appeal and each.appeal.due_time <= now)
        return replace(page, measures=late)

    def case(self, visit: Visit) -> Answer:
        """Show a measure with its reasons and its report; beside them, what may be decided."""
        measure = self._read(visit)
        page = self._screen(measure, visit)
        if self._waits(measure) and not self._is_own(measure):
            page = page.deciding(self._deciding(measure, visit))
        return page.page()

    def _screen(self, measure: PlatformContentMeasure, visit: Visit) -> CasePage:
        say = visit.say
        own = self._waits(measure) and self._is_own(measure)
        # While an appeal waits, its decision is what ends the measure.
        may_end = measure.state is ContentMeasureState.IN_FORCE and not self._waits(measure)
        page = CasePage(
            title=say("measure_title", content=measure.content),
            sections=self._sections(measure, visit),
            notes=[say("not_own_appeal")] if own else [],
            aside=say("content_measure"),
            facts=self._facts(measure, visit),
            spent=measure_item.spent(measure, self.place),
            folded=[self._reversing(measure, visit)] if may_end else [],
        )
        now = say("now_it_is", state=shown.word("measure_state", measure.state, say))
        text = "" if self._waits(measure) else f"{say('done')} {now}"
        return done.told(page, visit, text, following="/measures", words="next_to_decide")

    def _sections(self, measure: PlatformContentMeasure, visit: Visit) -> list[PagePart]:
        parts: list[PagePart] = []
        if measure.text:
            written = visit.say("appeal_text")
            parts.append(PagePart(title=written, texts=[(written, measure.text)]))
        parts.append(statement.part(measure.statement, place=self.place, visit=visit))
        reference = measure.statement.tip_off if measure.statement else ""
        screen = ReportScreen(place=self.place)
        case = screen.of_reference(reference) if reference else None
        if case is not None:
            told, details = screen.reported(case, visit)
            parts += [told, replace(details, links=[Link(path(case.tip_off), visit.say("see_report"))])]
        return parts

    def _facts(self, measure: PlatformContentMeasure, visit: Visit) -> list[Row]:
        appeal, say = measure.appeal, visit.say

        def who(moderator_id: str) -> str:
            return self.place.who(moderator_id, visit) if moderator_id else ""

        return self.place.rows(
            visit,
            content_kind=shown.word("content_kind", measure.kind, say),
            state=shown.word("measure_state", measure.state, say),
            imposed_at=measure.impose_time,
            proposed_by=who(measure.impose_moderator_id),
            ended_at=measure.finish_time,
            ended_by=who(measure.finish_moderator_id),
            lift_reason=measure.finish_reason,
            due=self.place.due(appeal.due_time, visit) if appeal and self._waits(measure) else None,
            verdict=appeal and shown.word("state", appeal.state, say),
            why=appeal and appeal.reason,
        )

    def decide(self, visit: Visit) -> Answer:
        """Decide the appeal."""
        measure = self._read(visit)
        form = self._screen(measure, visit).deciding(self._deciding(measure, visit)).ask()
        given = visit.given("verdict")
        if given not in [each.value for each in _VERDICTS]:
            return form.refilled(visit).page(errors={"verdict": visit.say("choose")}, status=422)

        def act(request_id: str) -> str:
            self.place.vault.content_measures.decide_appeal(
                measure, AppealState(given), visit.line("reason"), key=self.place.key, request_id=request_id
            )
            return done.at(measure_item.path(measure))

        return form.act(visit, act)

    def reverse(self, visit: Visit) -> Answer:
        """Reverse the measure."""
        measure = self._read(visit)
        page = replace(self._screen(measure, visit), folded=())
        form = page.deciding(self._reversing(measure, visit)).ask()

        def act(request_id: str) -> str:
            self.place.vault.content_measures.reverse(
                measure, visit.line("reason"), key=self.place.key, request_id=request_id
            )
            return done.at(measure_item.path(measure))

        return form.act(visit, act)

    def _deciding(self, measure: PlatformContentMeasure, visit: Visit) -> Form:
        options = [(each.value, visit.say(f"measure_verdict.{each.value}")) for each in _VERDICTS]
        verdict = Field(kind="choices", id="verdict", label=visit.say("verdict"), options=options)
        return self._form(measure, visit, "decision", visit.say("sign"), verdict)

    def _reversing(self, measure: PlatformContentMeasure, visit: Visit) -> Form:
        return self._form(measure, visit, "end", visit.say("reverse"))

    def _form(
        self, measure: PlatformContentMeasure, visit: Visit, where: str, text: str, *fields: Field
    ) -> Form:
        say = visit.say
        reason = Field(
            kind="area",
            id="reason",
            label=say("why"),
            hint=say("why_hint"),
            limit=_REASON,
        )
        return Form(
            title=text,
            button=text,
            back=measure_item.path(measure),
            request_id=self.place.new_id(),
            fields=[*fields, reason],
            action=f"{measure_item.path(measure)}/{where}",
            states="measure_state",
        )

    def _read(self, visit: Visit) -> PlatformContentMeasure:
        found: PlatformContentMeasure = self.place.vault.content_measures.get(visit.parts["measure"])
        return found

    def _waits(self, measure: PlatformContentMeasure) -> bool:
        return measure_item.spent(measure, self.place) is not None

    def _is_own(self, measure: PlatformContentMeasure) -> bool:
        return measure.impose_moderator_id == self.place.me
