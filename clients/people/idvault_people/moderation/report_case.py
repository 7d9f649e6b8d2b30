"""A report on one screen: its texts, what is known about its target, and what a moderator may do with it."""

from collections.abc import Sequence
from dataclasses import dataclass

from idvault_client.errors import NotFound
from idvault_client.tip_offs import TargetKind, TipOffCase, TipOffReport, TipOffState
from idvault_people.console.visit import Visit
from idvault_people.moderation import history, reporter, shown, way_back
from idvault_people.moderation import queue as queues
from idvault_people.moderation.case_page import CasePage
from idvault_people.moderation.form import Form
from idvault_people.moderation.queue import ReportQueue
from idvault_people.moderation.row_facts import RowFacts
from idvault_people.moderation.shown import Field, Item, Link, PagePart
from idvault_people.moderation.workplace import Workplace

MOST_CANDIDATES = 50
TEXT = 2_000
_PICTURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportScreen:
    """What is shown of a report."""

    place: Workplace

    @property
    def queue(self) -> ReportQueue:
        """The lists of reports."""
        return ReportQueue(place=self.place)

    def read(self, visit: Visit) -> TipOffCase:
        """Return the report of an address."""
        case: TipOffCase = self.place.vault.tip_offs.get(visit.parts["report"])
        return case

    def of_reference(self, reference: str) -> TipOffCase | None:
        """Return the report of a reference, None if there is none."""
        calls = self.place.vault.tip_offs
        found = calls.list_page(reference=reference, page_size=1).tip_offs
        return calls.get(found[0].tip_off_id) if found else None

    def page(self, case: TipOffCase, visit: Visit, window: Sequence[TipOffReport]) -> CasePage:
        """Return the page without a decision. window: the list that the report was opened from."""
        say, report = visit.say, case.tip_off
        return CasePage(
            title=say("report_title", reference=report.reference),
            sections=self.sections(case, visit),
            acts=self._acts(case, visit),
            happened=self._merged(visit) or self.happened(visit),
            aside=say("decision"),
            facts=self._state(report, visit),
            spent=None
            if report.state is TipOffState.RESOLVED
            else self.place.spent(report.file_time, report.due_time),
            buttons=self._buttons(report, visit),
            folded=self._folded(report, visit),
            walk=self._walk(report, visit, window),
            late=self._late(report, visit),
        )

    def _late(self, report: TipOffReport, visit: Visit) -> str:
        is_open = report.state is not TipOffState.RESOLVED
        return visit.say("overdue") if is_open and report.due_time <= self.place.clock() else ""

    def sections(self, case: TipOffCase, visit: Visit) -> list[PagePart]:
        """Return what the report says, and what is known about its target."""
        say, report = visit.say, case.tip_off
        return [
            *self.reported(case, visit),
            PagePart(
                title=say("same_target"),
                items=[self.similar(each, visit) for each in self.same_target(report)],
                empty=say("no_other_report"),
            ),
            *history.of_target(report.target, place=self.place, visit=visit),
        ]

    def reported(self, case: TipOffCase, visit: Visit) -> list[PagePart]:
        """Return what the report says, and what is known of the report itself."""
        say, report = visit.say, case.tip_off
        return [
            PagePart(title=say("told"), texts=self._texts(case, visit), pictures=self._pictures(case, visit)),
            PagePart(
                title=say("details"),
                rows=self._facts(case, visit),
                codes=self.place.rows(
                    visit,
                    **history.codes_of(report.target),
                    evidence=shown.digests(report.evidence),
                    content_measure=report.measure_id,
                    reporter=report.reporter_id,
                ),
            ),
        ]

    def happened(self, visit: Visit) -> Link | None:
        """Return what the last decision did, which an address names; None if it names none."""
        done = visit.query.get("done", "")
        if not shown.is_id(done):
            return None
        try:
            report: TipOffReport = self.place.vault.tip_offs.get(done).tip_off
        except NotFound:
            return None
        say, reference = visit.say, report.reference
        if report.proposal_id:
            text = say("happened_proposed", reference=reference)
        elif report.state is TipOffState.RESOLVED:
            text = say("happened_decided", reference=reference, outcome=self.outcome(report, visit))
        elif queues.waits(report):
            text = say("happened_referred", reference=reference, authority=report.authority)
        else:
            text = say("happened_replied", reference=reference)
        return Link(f"{path(report)}{way_back.kept(visit)}", text)

    def outcome(self, report: TipOffReport, visit: Visit) -> str:
        """Return the outcome of a decided report, with its reason or what was imposed."""
        say = visit.say
        why = report.dismissal and shown.word("dismissal", report.dismissal, say)
        what = why or self._imposed(report, visit)
        outcome = shown.word("outcome", report.outcome, say)
        return str(say("outcome_with", outcome=outcome, what=what)) if what else outcome

    def _merged(self, visit: Visit) -> Link | None:
        """Return how many reports were merged into this one just now, as the address counts."""
        count = visit.query.get("merged", "")
        if not (count.isascii() and count.isdigit()):
            return None
        return Link("", visit.say("happened_merged", count=count))

    def _imposed(self, report: TipOffReport, visit: Visit) -> str:
        """Return what a report that was right led to, "" if it led to nothing."""
        vault = self.place.vault
        if report.sanction_id:
            return shown.word("degree", vault.sanctions.get(report.sanction_id).degree, visit.say)
        if report.measure_id:
            return shown.word("content_kind", vault.content_measures.get(report.measure_id).kind, visit.say)
        return ""

    def same_target(self, report: TipOffReport) -> list[TipOffReport]:
        """Return other reports about the same target, the open ones first."""
        page = self.place.vault.tip_offs.list_page(target=report.target, page_size=MOST_CANDIDATES)
        return [each for each in page.tip_offs if each.tip_off_id != report.tip_off_id]

    def mergeable(self, reports: Sequence[TipOffReport]) -> list[TipOffReport]:
        """Return the open reports that nobody else works on."""
        return [each for each in reports if self.queue.can_decide(each)]

    def lines(
        self, reports: Sequence[TipOffReport], visit: Visit, *, targets: bool = False
    ) -> list[shown.Row]:
        """Return reports as they can be chosen: number, how the text begins, category or target, and time."""
        say, excerpts = visit.say, RowFacts(place=self.place).excerpts(reports)
        return [
            (
                each.tip_off_id,
                say(
                    "report_line",
                    reference=each.reference,
                    excerpt=excerpts[each.tip_off_id],
                    category=target_text(each, visit)
                    if targets
                    else shown.word("category", each.category, say),
                    time=self.place.time(each.file_time, visit),
                ),
            )
            for each in reports
        ]

    def similar(self, report: TipOffReport, visit: Visit) -> Item:
        """Return a report as it stands beside another one."""
        say = visit.say
        rows = self.place.rows(
            visit,
            category=shown.word("category", report.category, say),
            state=shown.word("outcome", report.outcome, say)
            if report.outcome
            else shown.word("state", report.state, say),
            filed=report.file_time,
        )
        return Item(link=Link(path(report), report.reference), rows=rows)

    def _state(self, report: TipOffReport, visit: Visit) -> list[shown.Row]:
        say, is_open = visit.say, report.state is not TipOffState.RESOLVED
        return self.place.rows(
            visit,
            state=shown.word("state", report.state, say),
            due=self.place.due(report.due_time, visit) if is_open else report.due_time,
            assignee=self.place.who(report.moderator_id, visit) if report.moderator_id else None,
            answered=report.answer_time,
            decided=report.resolve_time,
            outcome=report.outcome and shown.word("outcome", report.outcome, say),
            dismissal=report.dismissal and shown.word("dismissal", report.dismissal, say),
            proposal_lapses=report.proposal_lapse_time,
            referred_to=report.authority,
            referral=report.referral_state and shown.word("referral", report.referral_state, say),
            referral_lapses=report.referral_lapse_time,
        )

    def _facts(self, case: TipOffCase, visit: Visit) -> list[shown.Row]:
        say, report = visit.say, case.tip_off
        return self.place.rows(
            visit,
            category=shown.word("category", report.category, say),
            about=target_text(report, visit),
            arrived=shown.word("channel", report.channel, say),
            filed=report.file_time,
            reporter=say("trusted") if report.trusted else (report.reporter_id[:8] or say("anonymous")),
            contact=say("contact_proved", contact=case.contact) if case.contact_proved else case.contact,
            operation=self.place.operation(report.operation_id),
            evidence=len(report.evidence) or None,
        )

    def _texts(self, case: TipOffCase, visit: Visit) -> list[shown.Row]:
        say, deleted = visit.say, case.tip_off.delete_time
        if deleted is not None:
            return [(say("told"), say("texts_deleted", day=shown.day(deleted, language=visit.language)))]
        found = [(say("told"), case.text)]
        if case.content and not picture_type(case.content):
            found.append((say("copy"), _readable(case.content) or say("copy_bytes", size=len(case.content))))
        found += self._thread(case, visit)
        if case.proposed_reply:
            found.append((say("proposed_reply"), case.proposed_reply))
        for note in case.notes:
            who = self.place.who(note.moderator_id, visit)
            written = self.place.time(note.write_time, visit)
            found.append((say("note_by", moderator=who, time=written), note.note))
        return found

    def _thread(self, case: TipOffCase, visit: Visit) -> list[shown.Row]:
        """Return what platform and reporter wrote to each other, in the order of time."""
        say, answered = visit.say, case.tip_off.supplement_time
        first = case.former_reply or (case.reply if answered else "")
        found = [(say("reply"), first)] if first else []
        if answered is not None:
            found.append((say("supplement_at", time=self.place.time(answered, visit)), case.supplement))
        if case.reply != first:
            found.append((say("reply"), case.reply))
        return found

    def _pictures(self, case: TipOffCase, visit: Visit) -> list[Link]:
        if not picture_type(case.content):
            return []
        return [Link(f"{path(case.tip_off)}/copy", visit.say("copy"))]

    def _acts(self, case: TipOffCase, visit: Visit) -> list[Link]:
        report, say, here = case.tip_off, visit.say, path(case.tip_off)
        links = []
        if report.sanction_id:
            links.append(Link(f"/sanctions/{report.sanction_id}", say("its_sanction")))
        if report.proposal_id:
            links.append(Link(f"/sanctions/{report.proposal_id}", say("its_proposal")))
        if report.merged_into_id:
            links += self._merged_into(report, visit)
        if report.reporter_id:
            links.append(Link(reporter.path(report.reporter_id), say("reporter_standing")))
        if case.content:
            links.append(Link(f"{here}/copy", say("save_copy")))
        if report.state not in queues.WORKED_ON or report.moderator_id != self.place.me:
            return links
        may_reply = queues.waits(report) and report.state is TipOffState.ASSIGNED
        reply = [Link(f"{here}/reply{way_back.kept(visit)}", say("write_reply"))] if may_reply else []
        return [*reply, Link(f"{here}/duplicates{way_back.kept(visit)}", say("merge"), key="m"), *links]

    def _merged_into(self, report: TipOffReport, visit: Visit) -> list[Link]:
        """Return the link to the report that one was merged into; none if that is not there any more."""
        try:
            other: TipOffReport = self.place.vault.tip_offs.get(report.merged_into_id).tip_off
        except NotFound:
            return []
        return [Link(path(other), visit.say("merged_into", reference=other.reference))]

    def _buttons(self, report: TipOffReport, visit: Visit) -> list[Form]:
        say, mine = visit.say, report.moderator_id == self.place.me
        if queues.waits(report) or report.state not in queues.TAKEABLE:
            return []
        if mine:
            return [self._button(report, visit, "return", say("hand_back"))]
        who = self.place.who(report.moderator_id, visit)
        text = say("take_over", moderator=who) if report.moderator_id else say("take")
        former = Field(kind="hidden", id="former", value=report.moderator_id)
        return [self._button(report, visit, "assignment", text, former)]

    def _button(self, report: TipOffReport, visit: Visit, act: str, text: str, *fields: Field) -> Form:
        return Form(
            title=text,
            button=text,
            back=f"{path(report)}{way_back.kept(visit)}",
            request_id=self.place.new_id(),
            fields=fields,
            action=f"{path(report)}/{act}{way_back.kept(visit)}",
            # A keystroke takes nothing over from a colleague.
            key="a" if act == "assignment" and not report.moderator_id else "",
        )

    def _folded(self, report: TipOffReport, visit: Visit) -> list[Form]:
        if report.moderator_id != self.place.me or report.state not in queues.WORKED_ON:
            return []
        return [note_form(report.tip_off_id, visit, request_id=self.place.new_id())]

    def _walk(self, report: TipOffReport, visit: Visit, window: Sequence[TipOffReport]) -> list[Link]:
        say, kept = visit.say, way_back.kept(visit)
        before, following = self.queue.around(report.tip_off_id, window)
        links = [Link(f"/reports{kept}", say("to_list"))]
        if before is not None:
            links.append(Link(f"{path(before)}{kept}", say("previous_report"), key="k"))
        if following is not None:
            links.append(Link(f"{path(following)}{kept}", say("next_report"), key="j"))
        return links


def note_form(tip_off_id: str, visit: Visit, *, request_id: str) -> Form:
    """Return the form of a note."""
    say, here = visit.say, f"/reports/{tip_off_id}"
    note = Field(kind="area", id="note", label=say("note"), hint=say("note_hint"), limit=TEXT)
    return Form(
        title=say("write_note"),
        button=say("send"),
        back=f"{here}{way_back.kept(visit)}",
        request_id=request_id,
        fields=[note],
        action=f"{here}/note{way_back.kept(visit)}",
    )


def path(report: TipOffReport) -> str:
    """Return the address of a report."""
    return f"/reports/{report.tip_off_id}"


def target_text(report: TipOffReport, visit: Visit) -> str:
    """Return what a report is about: of an account both ends of its token."""
    key = report.target.key
    if report.target.kind is not TargetKind.CONTENT:
        key = shown.short_key(key)
    return f"{shown.word('target', report.target.kind, visit.say)} {key}"


def picture_type(content: bytes) -> str:
    """Return the type of a picture that every browser shows, "" for anything else."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((name for begin, name in _PICTURES.items() if content.startswith(begin)), "")


def _readable(content: bytes) -> str:
    """Return a copy of content as text, "" if it is not text."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return ""
    return text if all(each.isprintable() or each in "\r\n\t" for each in text) else ""
