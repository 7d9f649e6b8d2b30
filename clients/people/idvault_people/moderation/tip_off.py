"""The pages of reports: the queue, and what a moderator does with a report before the decision."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from idvault_client.errors import NotFound, PreconditionFailed
from idvault_client.sanctions import SanctionCategory
from idvault_client.tip_offs import ReferralState, TargetKind, TipOffReport, TipOffState
from idvault_people.console.visit import Answer, ConsolePage, Download, GoTo, NoPageError, Visit
from idvault_people.moderation import done, listing, merging, row_facts, shown, way_back
from idvault_people.moderation import queue as queues
from idvault_people.moderation.form import REQUEST_ID, Form, part_id
from idvault_people.moderation.listing import Bulk, Chooser, ListPage
from idvault_people.moderation.report_case import (
    MOST_CANDIDATES,
    TEXT,
    ReportScreen,
    note_form,
    path,
    picture_type,
    target_text,
)
from idvault_people.moderation.row_facts import RowFacts
from idvault_people.moderation.shown import Field, Item, Link
from idvault_people.moderation.way_back import Opened
from idvault_people.moderation.workplace import Workplace

_KNOWN = "known"
_ICONS = {
    TargetKind.ACCOUNT: "person",
    TargetKind.PUBLIC_ACCOUNT: "megaphone",
    TargetKind.CONTENT: "document",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportCasePages:
    """The handlers."""

    place: Workplace

    @property
    def screen(self) -> ReportScreen:
        """What is shown of a report."""
        return ReportScreen(place=self.place)

    def queue(self, visit: Visit) -> Answer:
        """Show reports: in the order of the queue, in another one, or what somebody looks for."""
        queue, asked = self.screen.queue, listing.search(visit)
        if asked:
            found, following = queue.search(asked, after=listing.after(visit))
            if len(found) == 1 and listing.is_typed(visit):
                return Opened(path(found[0]))
        else:
            found, following = queue.sorted_page(visit, listing.view_of(visit, queue.views(visit)))
        return replace(self._listed(visit, found, following), choosers=self._choosers(visit)).page(visit)

    def rows(self, visit: Visit) -> Answer:
        """Show the table of the queue alone, if it has changed since the page that asks was made."""
        queue = self.screen.queue
        found, following = queue.sorted_page(visit, listing.view_of(visit, queue.views(visit)))
        known = self._digest(found, visit)
        changed = known != visit.query.get(_KNOWN, "")
        listed = replace(self._listed(visit, found if changed else (), following), known=known)
        values = {"shown": listed, "changed": changed}
        return ConsolePage(template="moderation_rows.html", title=listed.title, values=values)

    def _listed(self, visit: Visit, found: Sequence[TipOffReport], following: str) -> ListPage:
        say, views = visit.say, self.screen.queue.views(visit)
        asked = listing.search(visit)
        return ListPage(
            title=say("reports"),
            head=say("number"),
            hint=self._hint(visit, found),
            views=views,
            items=self._items(found, visit),
            following=following,
            live="" if asked or listing.after(visit) else self._live(visit),
            known=self._digest(found, visit),
            search=say("search_reports"),
            bulk=self._bulk(visit),
            links=[Link("/reports/new", say("intake"))],
            told=self._told(visit),
            refused=visit.say("merge_few") if visit.query.get("merging") else "",
            happened=self.screen.happened(visit),
        )

    def _choosers(self, visit: Visit) -> list[Chooser]:
        say, category = visit.say, queues.category(visit)
        options = [("", say("all_categories")), *shown.options("category", list(SanctionCategory), say)]
        sorts = [("", say("sort.queue")), *((each, say(f"sort.{each}")) for each in queues.SORTS)]
        return [
            Chooser(id="category", label=say("category"), options=options, value=category or ""),
            *self._operations(visit),
            Chooser(id="sort", label=say("sort"), options=sorts, value=queues.sort(visit)),
        ]

    def _operations(self, visit: Visit) -> list[Chooser]:
        """Return the choice of an operation, if one is open or asked for."""
        known = {each.operation_id: each.title for each in self.place.open_operations()}
        asked = queues.operation(visit)
        if asked and asked not in known:
            known[asked] = self.place.operation(asked)
        options = [("", visit.say("all_reports")), *known.items()]
        label = visit.say("operation")
        return [Chooser(id="operation", label=label, options=options, value=asked)] if known else []

    def _bulk(self, visit: Visit) -> Bulk:
        say, kept = visit.say, way_back.kept(visit)
        return Bulk(
            action=f"/reports/assignment{kept}",
            button=say("take_chosen"),
            one=say("take"),
            request_id=self.place.new_id(),
            more=Link(f"{merging.PATH}{kept}", say("merge_chosen")),
        )

    def _live(self, visit: Visit) -> str:
        """Return the address that says what has changed, up to what the page knows."""
        kept = way_back.kept(visit)
        return f"/reports/rows{kept}{'&' if kept else '?'}{_KNOWN}="

    def _digest(self, found: Sequence[TipOffReport], visit: Visit) -> str:
        return row_facts.digest(found, lambda each: self._left(each, visit) or "")

    def _left(self, report: TipOffReport, visit: Visit) -> str | None:
        """Return how much time an open report has left."""
        return None if report.state is TipOffState.RESOLVED else self.place.left(report.due_time, visit)

    def _items(self, found: Sequence[TipOffReport], visit: Visit) -> list[Item]:
        facts = RowFacts(place=self.place)
        # Not of decided reports, whose texts may be deleted meanwhile and are therefore never kept.
        excerpts = facts.excerpts([each for each in found if each.state is not TipOffState.RESOLVED])
        same = facts.same(found)
        return [
            self.item(each, visit, text=excerpts.get(each.tip_off_id, ""), same=same.get(each.target))
            for each in found
        ]

    def _hint(self, visit: Visit, found: Sequence[TipOffReport]) -> str:
        """Return what a search takes if it found nothing, else how an open list is sorted."""
        if listing.search(visit):
            return "" if found else visit.say("search_takes")
        closed = listing.view_of(visit, self.screen.queue.views(visit)) == "closed"
        return "" if closed or queues.sort(visit) else visit.say("queue_order")

    def _told(self, visit: Visit) -> str:
        """Return what the last assignment of several reports did, as the address counts."""
        counts = [visit.query.get(name, "") for name in ("assigned", "missed")]
        if not all(each.isascii() and each.isdigit() for each in counts):
            return ""
        assigned, missed = counts
        return str(
            visit.say("assigned_missed" if missed != "0" else "assigned_all", count=assigned, missed=missed)
        )

    def assign_chosen(self, visit: Visit) -> Answer:
        """Take the chosen reports, or the one whose button was pressed, unless somebody has them by now.

        One's own can be chosen to be merged: they are neither taken nor counted.
        """
        request_id = visit.given(REQUEST_ID) or self.place.new_id()
        pressed = [each for each in visit.fields if each.startswith("take.")]
        chosen = pressed or [each for each in visit.fields if each.startswith("report.")]
        taken, missed = [], 0
        for name in chosen:
            which = name.partition(".")[2]
            try:
                report = self.place.vault.tip_offs.get(which).tip_off
                if report.moderator_id != self.place.me:
                    unassigned = replace(report, moderator_id="")
                    one = part_id(request_id, which)
                    self.place.vault.tip_offs.assign(unassigned, key=self.place.key, request_id=one)
                    taken.append(path(report))
            except (PreconditionFailed, NotFound):
                missed += 1
        counts = way_back.kept(visit, assigned=str(len(taken)), missed=str(missed))
        return GoTo(f"/reports{counts}", about=taken)

    def item(self, report: TipOffReport, visit: Visit, *, text: str = "", same: int | None = None) -> Item:
        """Return a report as it stands in a list. same: how many open ones are about the same target."""
        say, is_open = visit.say, report.state is not TipOffState.RESOLVED
        marks = [say("decision_proposed")] if report.proposal_id else []
        if report.referral_state is ReferralState.OPEN:
            marks.append(say("decision_referred"))
        if report.state is TipOffState.ANSWERED:
            marks.append(say("state.ANSWERED"))
        if report.trusted:
            marks.append(say("trusted"))
        if report.flooded:
            marks.append(say("flooded"))
        if is_open and report.supplement_time:
            marks.append(say("supplement"))
        rows = self.place.rows(
            visit,
            due=self._left(report, visit),
            decided=report.resolve_time,
            category=shown.word("category", report.category, say),
            excerpt=text,
            about=shown.short_key(report.target.key),
            same_open=self._same(same, report, visit),
            outcome=report.outcome and shown.word("outcome", report.outcome, say),
            assignee=self.place.who(report.moderator_id, visit),
        )
        link = Link(f"{path(report)}{way_back.kept(visit)}", report.reference)
        return Item(
            link=link,
            rows=rows,
            marks=marks,
            id=report.tip_off_id if self.screen.queue.can_decide(report) else "",
            alone=report.state is TipOffState.RECEIVED,
            icons={say("about"): (_ICONS[report.target.kind], shown.word("target", report.target.kind, say))},
            spent=self.place.spent(report.file_time, report.due_time) if is_open else None,
        )

    def _same(self, count: int | None, report: TipOffReport, visit: Visit) -> str | None:
        """Return how many open reports are about the same; nothing if there is no other one."""
        if count is None or (report.state is TipOffState.RESOLVED and not count):
            return None
        if count == 1 and report.state is not TipOffState.RESOLVED:
            return "–"
        most = row_facts.MOST_COUNTED
        return str(count) if count <= most else visit.say("more_than", count=most)

    def copy(self, visit: Visit) -> Answer:
        """Send the copy of the content as a file: a browser shows a picture in its page, and nothing else."""
        case = self.screen.read(visit)
        if not case.content:
            raise NoPageError
        kind = picture_type(case.content)
        name = f"{case.tip_off.reference}.{kind.partition('/')[2] or 'bin'}"
        return Download(name=name, content=case.content, type=kind or "application/octet-stream")

    def assignment(self, visit: Visit) -> Answer:
        """Ask before the moderator takes a report, also from another moderator."""
        return self._assignment(visit).page()

    def assign(self, visit: Visit) -> Answer:
        """Take the report if it is still assigned as the form said."""
        form, case = self._assignment(visit), self.screen.read(visit)
        if case.tip_off.moderator_id == self.place.me:
            # In another tab, or before a lost answer.
            return GoTo(f"{path(case.tip_off)}{way_back.kept(visit)}")
        seen = replace(case.tip_off, moderator_id=visit.given("former"))

        def act(request_id: str) -> str:
            self.place.vault.tip_offs.assign(seen, key=self.place.key, request_id=request_id)
            return done.saved(f"{path(seen)}{way_back.kept(visit)}", "assigned")

        return form.act(visit, act)

    def _assignment(self, visit: Visit) -> Form:
        report, say = self.screen.read(visit).tip_off, visit.say
        who = report.moderator_id
        return Form(
            title=say("take_title", reference=report.reference),
            texts=[say("taken_from", moderator=self.place.who(who, visit))] if who else [],
            button=say("take"),
            back=f"{path(report)}{way_back.kept(visit)}",
            action=f"{path(report)}/assignment{way_back.kept(visit)}",
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
            return done.saved(f"/reports{way_back.kept(visit)}", "returned")

        return self._returning(visit).act(visit, act)

    def _returning(self, visit: Visit) -> Form:
        report, say = self.screen.read(visit).tip_off, visit.say
        return Form(
            title=say("hand_back_title", reference=report.reference),
            texts=[say("hand_back_text")],
            button=say("hand_back"),
            back=f"{path(report)}{way_back.kept(visit)}",
            action=f"{path(report)}/return{way_back.kept(visit)}",
            request_id=self.place.new_id(),
        )

    def note(self, visit: Visit) -> Answer:
        """Show the form of a note."""
        return self._noting(visit).page()

    def add_note(self, visit: Visit) -> Answer:
        """Add the note."""
        return self._write(visit, self._noting(visit), self.place.vault.tip_offs.add_note)

    def reply(self, visit: Visit) -> Answer:
        """Show the form of a reply."""
        return self._replying(visit).page()

    def answer(self, visit: Visit) -> Answer:
        """Reply to the reporter, and to those of merged reports."""
        return self._write(visit, self._replying(visit), self.place.vault.tip_offs.answer)

    def _write(self, visit: Visit, form: Form, send: Any) -> Answer:
        (field,) = form.fields

        def act(request_id: str) -> str:
            send(visit.parts["report"], visit.given(field.id), key=self.place.key, request_id=request_id)
            return done.saved(f"/reports/{visit.parts['report']}{way_back.kept(visit)}", field.id)

        return form.act(visit, act)

    def _noting(self, visit: Visit) -> Form:
        return note_form(visit.parts["report"], visit, request_id=self.place.new_id())

    def _replying(self, visit: Visit) -> Form:
        say = visit.say
        return Form(
            title=say("write_reply"),
            button=say("send"),
            back=f"/reports/{visit.parts['report']}{way_back.kept(visit)}",
            action=f"/reports/{visit.parts['report']}/reply{way_back.kept(visit)}",
            request_id=self.place.new_id(),
            fields=[Field(kind="area", id="reply", label=say("reply"), hint=say("reply_hint"), limit=TEXT)],
        )

    def duplicates(self, visit: Visit) -> Answer:
        """Show which reports may be about the same matter."""
        return self._merging(visit).page()

    def merge(self, visit: Visit) -> Answer:
        """Merge the chosen reports into this one: one decision answers all of them."""
        form = self._merging(visit)
        chosen = [
            value for each in form.fields for value, _ in each.options if visit.given(f"{each.id}.{value}")
        ]
        if not chosen:
            first = form.fields[0].id if form.fields else ""
            return form.refilled(visit).page(errors={first: visit.say("choose")}, status=422)

        def act(request_id: str) -> str:
            report = visit.parts["report"]
            self.place.vault.tip_offs.merge(report, chosen, key=self.place.key, request_id=request_id)
            return f"/reports/{report}{way_back.kept(visit, merged=str(len(chosen)))}"

        return form.act(visit, act)

    def _merging(self, visit: Visit) -> Form:
        case, say = self.screen.read(visit), visit.say
        report, candidates = case.tip_off, self._candidates(case.tip_off)
        return Form(
            beside=self.screen.reported(case, visit),
            besides=say("details"),
            title=say("merge_title", reference=report.reference),
            texts=[say("merge_hint")] if candidates else [say("merge_none")],
            button=say("merge") if candidates else "",
            back=f"{path(report)}{way_back.kept(visit)}",
            action=f"{path(report)}/duplicates{way_back.kept(visit)}",
            request_id=self.place.new_id(),
            fields=[each for each in self._duplicates(report, candidates, visit) if each.options],
        )

    def _duplicates(
        self, report: TipOffReport, candidates: Sequence[TipOffReport], visit: Visit
    ) -> list[Field]:
        """Return the field of those about the same, and that of those which only share the category."""
        same = [each for each in candidates if each.target == report.target]
        others = [each for each in candidates if each.target != report.target]
        about = visit.say("about_the_same", target=target_text(report, visit))
        lines = {"duplicates": (about, same), "others": (visit.say("same_category"), others)}
        return [
            Field(
                kind="checks",
                id=name,
                label=label,
                options=self.screen.lines(found, visit, targets=name == "others"),
            )
            for name, (label, found) in lines.items()
        ]

    def _candidates(self, report: TipOffReport) -> Sequence[TipOffReport]:
        """Return open reports that nobody else works on: about the same target, then of the same category."""
        of_category = self.place.vault.tip_offs.list_page(
            open_only=True, category=report.category, page_size=MOST_CANDIDATES
        )
        found = {
            each.tip_off_id: each
            for each in self.screen.mergeable((*self.screen.same_target(report), *of_category.tip_offs))
            if each.tip_off_id != report.tip_off_id
        }
        return list(found.values())[:MOST_CANDIDATES]
