"""The pages of reports: the queue, a case, and what a moderator does with it before the decision."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from idvault_client.sanctions import SanctionCategory
from idvault_client.tip_offs import (
    ReferralState,
    TargetKind,
    TipOffCase,
    TipOffPage,
    TipOffReport,
    TipOffState,
)
from idvault_people.console.visit import Answer, ConsolePage, Download, GoTo, NoPageError, Visit
from idvault_people.moderation import history, listing, reporter, shown
from idvault_people.moderation.form import Form
from idvault_people.moderation.listing import Chooser, ListPage
from idvault_people.moderation.shown import Field, Item, Link, PagePart
from idvault_people.moderation.workplace import Workplace

_SIZE = 50
_MOST_CANDIDATES = 50
_TEXT = 2_000
_WORKED_ON = (TipOffState.ASSIGNED, TipOffState.ANSWERED)
_TAKEABLE = (TipOffState.RECEIVED, *_WORKED_ON)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportCasePages:
    """The handlers."""

    place: Workplace

    def queue(self, visit: Visit) -> Answer:
        """Show reports in the order of the queue: trusted flaggers first, then what is due first."""
        say = visit.say
        views = [
            ("open", say("open_reports")),
            ("unassigned", say("unassigned_reports")),
            ("mine", say("my_reports")),
            ("overdue", say("overdue_reports")),
            ("closed", say("closed_reports")),
        ]
        asked = visit.query.get("category", "")
        category = SanctionCategory(asked) if asked in SanctionCategory.__members__ else None
        found = self.listed(
            listing.view_of(visit, views), category=category, page_size=_SIZE, page_token=listing.after(visit)
        )
        options = [("", say("all_categories")), *shown.options("category", list(SanctionCategory), say)]
        return ListPage(
            title=say("reports"),
            hint=say("queue_order"),
            views=views,
            items=[self.item(each, visit) for each in found.tip_offs],
            following=found.next_page_token,
            chooser=Chooser(id="category", label=say("category"), options=options, value=category or ""),
        ).page(visit)

    def listed(self, view: str, **options: Any) -> TipOffPage:
        """Return a page of a view of the queue."""
        filters: dict[str, dict[str, Any]] = {
            "open": {"open_only": True},
            "unassigned": {"state": TipOffState.RECEIVED},
            "mine": {"open_only": True, "moderator_id": self.place.me},
            "overdue": {"open_only": True, "due_before": self.place.clock()},
            "closed": {"state": TipOffState.RESOLVED},
        }
        page: TipOffPage = self.place.vault.tip_offs.list_page(**filters[view], **options)
        return page

    def item(self, report: TipOffReport, visit: Visit) -> Item:
        """Return a report as it stands in a list."""
        say, is_open = visit.say, report.state is not TipOffState.RESOLVED
        marks = [say("overdue")] if is_open and report.due_time <= self.place.clock() else []
        if report.proposal_id:
            marks.append(say("decision_proposed"))
        if report.referral_state is ReferralState.OPEN:
            marks.append(say("decision_referred"))
        if report.trusted:
            marks.append(say("trusted"))
        if report.flooded:
            marks.append(say("flooded"))
        if is_open and report.supplement_time:
            marks.append(say("supplement"))
        rows = self.place.rows(
            visit,
            due=self.place.left(report.due_time, visit) if is_open else None,
            decided=report.resolve_time,
            category=shown.word("category", report.category, say),
            about=target_text(report, visit),
            state=shown.word("state", report.state, say),
            assignee=self.place.who(report.moderator_id, visit),
        )
        return Item(link=Link(path(report), report.reference), rows=rows, marks=marks)

    def case(self, visit: Visit) -> Answer:
        """Show a report with its texts, what else is known about its target, and what may be done."""
        case = self.read(visit)
        report = case.tip_off
        sections = [
            PagePart(title=visit.say("told"), texts=self._texts(case, visit)),
            PagePart(title=visit.say("details"), rows=self._facts(case, visit)),
            PagePart(
                title=visit.say("same_target"),
                items=[self.item(each, visit) for each in self.same_target(report)],
                empty=visit.say("nothing"),
            ),
            *history.of_target(report.target, place=self.place, visit=visit),
        ]
        title = visit.say("report_title", reference=report.reference)
        values = {"sections": sections, "acts": self._acts(case, visit), "notes": []}
        return ConsolePage(template="moderation_case.html", title=title, values=values)

    def read(self, visit: Visit) -> TipOffCase:
        """Return the report of an address."""
        case: TipOffCase = self.place.vault.tip_offs.get(visit.parts["report"])
        return case

    def same_target(self, report: TipOffReport) -> list[TipOffReport]:
        """Return other reports about the same target, the open ones first."""
        page = self.place.vault.tip_offs.list_page(target=report.target, page_size=_MOST_CANDIDATES)
        return [each for each in page.tip_offs if each.tip_off_id != report.tip_off_id]

    def _facts(self, case: TipOffCase, visit: Visit) -> list[shown.Row]:
        say, report = visit.say, case.tip_off
        is_open = report.state is not TipOffState.RESOLVED
        due = f"{self.place.time(report.due_time, visit)} ({self.place.left(report.due_time, visit)})"
        return self.place.rows(
            visit,
            state=shown.word("state", report.state, say),
            due=due if is_open else self.place.time(report.due_time, visit),
            assignee=self.place.who(report.moderator_id, visit),
            category=shown.word("category", report.category, say),
            about=target_text(report, visit),
            arrived=shown.word("channel", report.channel, say),
            filed=report.file_time,
            reporter=say("trusted") if report.trusted else (report.reporter_id[:8] or say("anonymous")),
            contact=say("contact_proved", contact=case.contact) if case.contact_proved else case.contact,
            evidence=shown.digests(report.evidence),
            answered=report.answer_time,
            decided=report.resolve_time,
            proposal_lapses=report.proposal_lapse_time,
            referred_to=report.authority,
            referral=report.referral_state and shown.word("referral", report.referral_state, say),
            referral_lapses=report.referral_lapse_time,
            outcome=report.outcome and shown.word("outcome", report.outcome, say),
            content_measure=report.measure_id,
            dismissal=report.dismissal and shown.word("dismissal", report.dismissal, say),
        )

    def _texts(self, case: TipOffCase, visit: Visit) -> list[shown.Row]:
        say, deleted = visit.say, case.tip_off.delete_time
        if deleted is not None:
            return [(say("told"), say("texts_deleted", day=shown.day(deleted, language=visit.language)))]
        found = [(say("told"), case.text)]
        if case.content:
            found.append((say("copy"), _readable(case.content) or say("copy_bytes", size=len(case.content))))
        found += self._thread(case, visit)
        if case.proposed_reply:
            found.append((say("proposed_reply"), case.proposed_reply))
        for note in case.notes:
            who = self.place.who(note.moderator_id, visit)
            found.append((f"{say('note')}, {who}, {self.place.time(note.write_time, visit)}", note.note))
        return found

    def _thread(self, case: TipOffCase, visit: Visit) -> list[shown.Row]:
        """Return what platform and reporter wrote to each other, in the order of time."""
        say, answered = visit.say, case.tip_off.supplement_time
        first = case.former_reply or (case.reply if answered else "")
        found = [(say("reply"), first)] if first else []
        if answered is not None:
            found.append((f"{say('supplement')}, {self.place.time(answered, visit)}", case.supplement))
        if case.reply != first:
            found.append((say("reply"), case.reply))
        return found

    def _acts(self, case: TipOffCase, visit: Visit) -> list[Link]:
        report, say = case.tip_off, visit.say
        here = path(report)
        links = []
        if report.sanction_id:
            links.append(Link(f"/sanctions/{report.sanction_id}", say("its_sanction")))
        if report.proposal_id:
            links.append(Link(f"/sanctions/{report.proposal_id}", say("its_proposal")))
        if report.merged_into_id:
            links.append(Link(f"/reports/{report.merged_into_id}", say("merged_into")))
        if report.reporter_id:
            links.append(Link(reporter.path(report.reporter_id), say("reporter_standing")))
        if case.content:
            links.append(Link(f"{here}/copy", say("save_copy")))
        waits = bool(report.proposal_id) or report.referral_state is ReferralState.OPEN
        if waits and report.moderator_id != self.place.me:
            return links
        if report.state in _TAKEABLE and report.moderator_id != self.place.me:
            who = self.place.who(report.moderator_id, visit)
            text = say("take_over", moderator=who) if report.moderator_id else say("take")
            return [Link(f"{here}/assignment", text), *links]
        if report.state not in _WORKED_ON:
            return links
        reply = [Link(f"{here}/reply", say("write_reply"))] if report.state is TipOffState.ASSIGNED else []
        decide = [] if waits else [Link(f"{here}/decision", say("decide"))]
        hand_back = [] if waits else [Link(f"{here}/return", say("hand_back"))]
        return [
            *decide,
            *reply,
            Link(f"{here}/note", say("write_note")),
            Link(f"{here}/duplicates", say("merge")),
            *hand_back,
            *links,
        ]

    def copy(self, visit: Visit) -> Answer:
        """Send the copy of the content as a file, which no browser shows."""
        case = self.read(visit)
        if not case.content:
            raise NoPageError
        name = f"{case.tip_off.reference}.bin"
        return Download(name=name, content=case.content, type="application/octet-stream")

    def assignment(self, visit: Visit) -> Answer:
        """Ask before the moderator takes a report, also from another moderator."""
        return self._assignment(visit).page()

    def assign(self, visit: Visit) -> Answer:
        """Take the report if it is still assigned as the form said."""
        form, case = self._assignment(visit), self.read(visit)
        if case.tip_off.moderator_id == self.place.me:
            # In another tab, or before a lost answer.
            return GoTo(path(case.tip_off))
        seen = replace(case.tip_off, moderator_id=visit.given("former"))

        def act(request_id: str) -> str:
            self.place.vault.tip_offs.assign(seen, key=self.place.key, request_id=request_id)
            return path(seen)

        return form.act(visit, act)

    def _assignment(self, visit: Visit) -> Form:
        report, say = self.read(visit).tip_off, visit.say
        who = report.moderator_id
        return Form(
            title=say("take_title", reference=report.reference),
            texts=[say("taken_from", moderator=self.place.who(who, visit))] if who else [],
            button=say("take"),
            back=path(report),
            request_id=self.place.new_id(),
            fields=[Field(kind="hidden", id="former", value=who)],
        )

    def returning(self, visit: Visit) -> Answer:
        """Ask before a report is handed back."""
        return self._returning(visit).page()

    def hand_back(self, visit: Visit) -> Answer:
        """Hand the report back to the queue."""

        def act(request_id: str) -> str:
            self.place.vault.tip_offs.hand_back(
                visit.parts["report"], key=self.place.key, request_id=request_id
            )
            return "/reports"

        return self._returning(visit).act(visit, act)

    def _returning(self, visit: Visit) -> Form:
        report, say = self.read(visit).tip_off, visit.say
        return Form(
            title=say("hand_back_title", reference=report.reference),
            texts=[say("hand_back_text")],
            button=say("hand_back"),
            back=path(report),
            request_id=self.place.new_id(),
        )

    def note(self, visit: Visit) -> Answer:
        """Show the form of a note."""
        return self._writing(visit, "note").page()

    def add_note(self, visit: Visit) -> Answer:
        """Add the note."""
        return self._write(visit, "note", self.place.vault.tip_offs.add_note)

    def reply(self, visit: Visit) -> Answer:
        """Show the form of a reply."""
        return self._writing(visit, "reply").page()

    def answer(self, visit: Visit) -> Answer:
        """Reply to the reporter, and to those of merged reports."""
        return self._write(visit, "reply", self.place.vault.tip_offs.answer)

    def _write(self, visit: Visit, name: str, send: Any) -> Answer:
        def act(request_id: str) -> str:
            send(visit.parts["report"], visit.given(name), key=self.place.key, request_id=request_id)
            return f"/reports/{visit.parts['report']}"

        return self._writing(visit, name).act(visit, act)

    def _writing(self, visit: Visit, name: str) -> Form:
        say = visit.say
        return Form(
            title=say(f"write_{name}"),
            button=say("send"),
            back=f"/reports/{visit.parts['report']}",
            request_id=self.place.new_id(),
            fields=[Field(kind="area", id=name, label=say(name), hint=say(f"{name}_hint"), limit=_TEXT)],
        )

    def duplicates(self, visit: Visit) -> Answer:
        """Show which reports may be about the same matter."""
        return self._merging(visit).page()

    def merge(self, visit: Visit) -> Answer:
        """Merge the chosen reports into this one: one decision answers all of them."""
        form = self._merging(visit)
        (field,) = form.fields
        chosen = [value for value, _ in field.options if visit.given(f"{field.id}.{value}")]
        if not chosen:
            return form.refilled(visit).page(errors={field.id: visit.say("choose")}, status=422)

        def act(request_id: str) -> str:
            report = visit.parts["report"]
            self.place.vault.tip_offs.merge(report, chosen, key=self.place.key, request_id=request_id)
            return f"/reports/{report}"

        return form.act(visit, act)

    def _merging(self, visit: Visit) -> Form:
        report, say = self.read(visit).tip_off, visit.say
        candidates = self._candidates(report)
        return Form(
            title=say("merge_title", reference=report.reference),
            texts=[say("merge_hint")] if candidates else [say("merge_none")],
            button=say("merge") if candidates else "",
            back=path(report),
            request_id=self.place.new_id(),
            fields=[
                Field(
                    kind="checks",
                    id="duplicates",
                    label=say("duplicates"),
                    options=[(each.tip_off_id, self._candidate(each, visit)) for each in candidates],
                )
            ],
        )

    def _candidates(self, report: TipOffReport) -> Sequence[TipOffReport]:
        """Return open reports that nobody else works on: about the same target, then of the same category."""
        of_category = self.place.vault.tip_offs.list_page(
            open_only=True, category=report.category, page_size=_MOST_CANDIDATES
        )
        found = {
            each.tip_off_id: each
            for each in (*self.same_target(report), *of_category.tip_offs)
            if each.state in _TAKEABLE
            and each.moderator_id in ("", self.place.me)
            and each.tip_off_id != report.tip_off_id
        }
        return list(found.values())[:_MOST_CANDIDATES]

    def _candidate(self, report: TipOffReport, visit: Visit) -> str:
        words = (target_text(report, visit), shown.word("category", report.category, visit.say))
        return f"{report.reference}: {', '.join(words)}"


def path(report: TipOffReport) -> str:
    """Return the address of a report."""
    return f"/reports/{report.tip_off_id}"


def target_text(report: TipOffReport, visit: Visit) -> str:
    """Return what a report is about."""
    return f"{shown.word('target', report.target.kind, visit.say)} {report.target.key}"


def is_of_account(report: TipOffReport) -> bool:
    """Return whether a report is about an account."""
    return report.target.kind is TargetKind.ACCOUNT


def _readable(content: bytes) -> str:
    """Return a copy of content as text, "" if it is not text."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return ""
    return text if all(each.isprintable() or each in "\r\n\t" for each in text) else ""
