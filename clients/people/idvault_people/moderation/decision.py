"""The decision about a report, beside the report; a sanction or measure is imposed in the same act."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from idvault_client.sanctions import Origin, UpheldContentMeasure
from idvault_client.tip_offs import (
    Dismissal,
    TargetKind,
    TipOffCase,
    TipOffReport,
    TipOffState,
    UpheldSanction,
)
from idvault_people.console.visit import Answer, ConsolePage, Visit
from idvault_people.moderation import authorities, shown, usual_reply, way_back
from idvault_people.moderation import queue as queues
from idvault_people.moderation.case_page import CasePage
from idvault_people.moderation.content_form import ContentMeasureForm
from idvault_people.moderation.form import Form, part_id
from idvault_people.moderation.report_case import TEXT, ReportScreen, path
from idvault_people.moderation.sanction_form import SanctionForm
from idvault_people.moderation.shown import Field, Link, PagePart, Row
from idvault_people.moderation.workplace import Workplace

_NAME = 63
_CONFLICT = 409
_NEXT_PAGES = ("sanction", "content")
_DISMISS = "dismiss."
_WRITTEN = ("text", "area", "date")
_DUPLICATES, _ANSWERED = "duplicates", "answered"
TOGETHER = "together"
"""What an address calls the reports that are decided with its one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DecisionPages:
    """The handlers."""

    place: Workplace

    @property
    def screen(self) -> ReportScreen:
        """What is shown of a report."""
        return ReportScreen(place=self.place)

    def show(self, visit: Visit) -> Answer:
        """Show a report, what is known about its target, and the form of the decision beside it."""
        case = self.screen.read(visit)
        window = self.screen.queue.window(visit)
        page = self.screen.page(case, visit, window)
        if self.screen.queue.can_decide(case.tip_off):
            return self._deciding(page, case, visit).page()
        return page.page()

    def decide(self, visit: Visit) -> Answer:
        """Decide the report, or go on to its sanction; then show the next report."""
        case = self.screen.read(visit)
        window = self.screen.queue.window(visit)
        page = self._deciding(self.screen.page(case, visit, window), case, visit)
        form = page.ask()
        choice, errors = visit.given("decision"), _missing(visit)
        if errors:
            return form.refilled(visit).page(errors=errors, status=422)

        def act(request_id: str) -> str:
            self._take(case.tip_off, visit, request_id)
            if choice in _NEXT_PAGES:
                self.place.drafts[case.tip_off.tip_off_id] = visit.given("reply")
                return f"{path(case.tip_off)}/{choice}{way_back.kept(visit, **_carried(visit))}"
            self._merge(case.tip_off.tip_off_id, visit, request_id)
            self._send(case.tip_off, choice, visit, request_id)
            return self._next(case.tip_off.tip_off_id, visit, window)

        return self._unless_overtaken(form.act(visit, act), visit, window, lambda _: form)

    def sanction(self, visit: Visit) -> Answer:
        """Show the form of the sanction of a report that is right."""
        return self._sanction(visit).form(visit).page()

    def uphold(self, visit: Visit) -> Answer:
        """Check the sanction, show it, or decide with it."""
        report, window, page = visit.parts["report"], self.screen.queue.window(visit), self._sanction(visit)
        typed = _typed(visit)

        def send(sanction: UpheldSanction, request_id: str) -> str:
            self._merge(report, visit, request_id)
            reply = page.meant(typed).given("reply")
            self.place.vault.tip_offs.uphold(
                report, sanction, key=self.place.key, reply=reply, request_id=request_id
            )
            return self._next(report, visit, window)

        return self._unless_overtaken(page.answer(typed, send), typed, window, page.form)

    def content(self, visit: Visit) -> Answer:
        """Show the form of the measure on content of a report that is right."""
        return self._content(visit).form(visit).page()

    def uphold_content(self, visit: Visit) -> Answer:
        """Check the measure, show it, or decide with it."""
        report, window, page = visit.parts["report"], self.screen.queue.window(visit), self._content(visit)
        typed = _typed(visit)

        def send(measure: UpheldContentMeasure, request_id: str) -> str:
            self._merge(report, visit, request_id)
            reply = page.meant(typed).given("reply")
            self.place.vault.tip_offs.uphold(
                report, measure=measure, key=self.place.key, reply=reply, request_id=request_id
            )
            return self._next(report, visit, window)

        return self._unless_overtaken(page.answer(typed, send), typed, window, page.form)

    def _unless_overtaken(
        self,
        answer: Answer,
        visit: Visit,
        window: Sequence[TipOffReport],
        begun: Callable[[Visit], Form],
    ) -> Answer:
        """Return an answer, or the report as somebody else left it: there is nothing to send again then.

        begun: returns the form as it begins.
        """
        if not isinstance(answer, ConsolePage) or answer.status != _CONFLICT:
            return answer
        if visit.say("form_used") in answer.errors.values():
            return answer
        case, say = self.screen.read(visit), visit.say
        if self.screen.queue.can_decide(case.tip_off):
            return answer
        page = self.screen.page(case, visit, window)
        typed = _own_words(begun(visit), visit)
        words = [PagePart(title=say("your_words"), texts=typed)] if typed else []
        following = self.screen.queue.to_decide(case.tip_off.tip_off_id, window, together=_chosen(visit))
        page = replace(
            page,
            happened=None,
            notes=[f"{self._meanwhile(case.tip_off, visit)} {say('nothing_sent')}"],
            sections=[*words, *page.sections],
            main=[Link(f"{path(following)}{way_back.kept(visit)}", say("next_report"))] if following else [],
        )
        return page.page(status=_CONFLICT)

    def _meanwhile(self, report: TipOffReport, visit: Visit) -> str:
        """Return who did what with a report that one cannot decide any more."""
        say, who = visit.say, self.place.who(report.moderator_id, visit)
        if report.state is TipOffState.RESOLVED:
            return str(say("decided_by", moderator=who, outcome=self.screen.outcome(report, visit)))
        if report.state is TipOffState.MERGED:
            return str(say("merged_meanwhile"))
        if report.proposal_id:
            return str(say("happened_proposed", reference=report.reference))
        if queues.waits(report):
            return str(say("happened_referred", reference=report.reference, authority=report.authority))
        return str(say("taken_from", moderator=who))

    def _next(self, decided: str, visit: Visit, window: Sequence[TipOffReport]) -> str:
        """Return the address of the next report to decide, or of the list, which tells what was done."""
        self.place.drafts.pop(decided, None)
        following = self.screen.queue.to_decide(decided, window, together=_chosen(visit))
        where = path(following) if following else "/reports"
        return f"{where}{way_back.kept(visit, done=decided)}"

    def _take(self, report: TipOffReport, visit: Visit, request_id: str) -> None:
        """Take a report that nobody has."""
        if report.moderator_id != self.place.me:
            seen = replace(report, moderator_id=visit.given("former"))
            one = part_id(request_id, "assign")
            self.place.vault.tip_offs.assign(seen, key=self.place.key, request_id=one)

    def _merge(self, report: str, visit: Visit, request_id: str) -> None:
        """Merge the chosen reports into it, when it is decided and not before: nobody can part them."""
        chosen = _chosen(visit)
        if chosen:
            # A form that is sent again with others chosen is another act.
            one = part_id(request_id, " ".join(("merge", *chosen)))
            self.place.vault.tip_offs.merge(report, chosen, key=self.place.key, request_id=one)

    def _send(self, report: TipOffReport, choice: str, visit: Visit, request_id: str) -> None:
        calls, which, key = self.place.vault.tip_offs, report.tip_off_id, self.place.key
        reply = _reply_of(choice, visit)
        if choice == "reply":
            calls.answer(which, reply, key=key, request_id=request_id)
        elif choice == "refer":
            calls.refer(which, visit.given("authority"), key=key, reply=reply, request_id=request_id)
        elif choice == "abusive":
            calls.find_abusive(which, key=key, reply=reply, request_id=request_id)
        else:
            reason = Dismissal(choice.removeprefix(_DISMISS))
            calls.dismiss(which, reason, key=key, reply=reply, request_id=request_id)

    def _deciding(self, page: CasePage, case: TipOffCase, visit: Visit) -> CasePage:
        report, say = case.tip_off, visit.say
        fields = [
            Field(kind="hidden", id="former", value=report.moderator_id),
            # As it was shown: a form whose answer was lost is sent again with the same reply.
            Field(kind="hidden", id=_ANSWERED, value="yes" if report.answer_time else ""),
            Field(
                kind="choices",
                id="decision",
                label=say("decision"),
                options=_choices(report, visit),
                notes=_notes(report, visit),
                replies={} if report.answer_time else _replies(report, visit),
                key="d",
            ),
            self._authority(visit),
            _reply(report, visit),
            *([] if report.answer_time else [usual_reply.field(case.text, visit)]),
            self._together(report, visit),
        ]
        form = Form(
            title=say("decision"),
            button=say("send_next"),
            goes_on=say("continue"),
            back=path(report),
            request_id=self.place.new_id(),
            fields=fields,
            texts=[] if report.moderator_id else [say("taken_by_deciding")],
            action=f"{path(report)}/decision{way_back.kept(visit)}",
        )
        return page.deciding(form)

    def _authority(self, visit: Visit) -> Field:
        """Return the field of the authority: a list if the desk has the roster."""
        known, say = authorities.known(self.place), visit.say
        return Field(
            kind="choices" if known else "text",
            id="authority",
            label=say("referred_to"),
            hint="" if known else say("authority_hint"),
            limit=_NAME,
            value=known[0][0] if len(known) == 1 else "",
            options=known,
            required=False,
            only="refer",
        )

    def _together(self, report: TipOffReport, visit: Visit) -> Field:
        """Return the field of the reports that are decided with this one; the address may choose some."""
        same = self.screen.mergeable(self.screen.same_target(report))
        return Field(
            kind="checks",
            id=_DUPLICATES,
            label=visit.say("together"),
            value=visit.query.get(TOGETHER, "").replace("-", " "),
            hint=visit.say("merge_hint"),
            options=self.screen.lines(same, visit),
            required=False,
        )

    def _sanction(self, visit: Visit) -> SanctionForm:
        case, say = self.screen.read(visit), visit.say
        report = case.tip_off
        account, public_account = self._target(report)
        given = {"account": account, "public_account_id": public_account, **_begun(report)}
        given["operation"] = report.operation_id
        # A report about an account or a public account is answered by a sanction of that one.
        fixed = ("account", "public_account_id") if account else ("public_account_id",)
        return SanctionForm(
            place=self.place,
            title=say("uphold_title", reference=report.reference),
            back=f"{path(report)}{way_back.kept(visit)}",
            action=f"{path(report)}/sanction{way_back.kept(visit)}",
            origin=Origin.TIP_OFF,
            tip_off=report.reference,
            given=given,
            fixed=frozenset(fixed),
            after=[self._together(report, visit), *self._upheld_reply(case, visit)],
            beside=self.screen.reported(case, visit),
            copy=case.content,
            text=case.text,
            meant=_meant(report, visit),
        )

    def _content(self, visit: Visit) -> ContentMeasureForm:
        case, say = self.screen.read(visit), visit.say
        report = case.tip_off
        target = report.target
        return ContentMeasureForm(
            place=self.place,
            title=say("uphold_content_title", reference=report.reference),
            back=f"{path(report)}{way_back.kept(visit)}",
            action=f"{path(report)}/content{way_back.kept(visit)}",
            origin=Origin.TIP_OFF,
            tip_off=report.reference,
            given={"content": target.key if target.kind is TargetKind.CONTENT else "", **_begun(report)},
            after=[self._together(report, visit), *self._upheld_reply(case, visit)],
            beside=self.screen.reported(case, visit),
            copy=case.content,
            text=case.text,
            meant=_meant(report, visit),
        )

    def _upheld_reply(self, case: TipOffCase, visit: Visit) -> list[Field]:
        """Return the field of the reply, with what was typed beside the report, and that of its language."""
        report, has_one = case.tip_off, _was_answered(case.tip_off, visit)
        hint = visit.say("reply_again" if has_one else "reply_or_usual")
        begun = self.place.drafts.get(report.tip_off_id, "")
        reply = replace(_reply(report, visit), value=begun, hint=hint)
        answered = Field(kind="hidden", id=_ANSWERED, value="yes" if has_one else "")
        if has_one:
            return [answered, reply]
        return [answered, reply, usual_reply.field(case.text, visit, decision=usual_reply.UPHELD)]

    def _target(self, report: TipOffReport) -> tuple[str, str]:
        target = report.target
        if target.kind is TargetKind.ACCOUNT:
            return target.key, ""
        if target.kind is TargetKind.PUBLIC_ACCOUNT:
            return self.place.vault.public_accounts.get(target.key).account_token, target.key
        return "", ""


def _was_answered(report: TipOffReport, visit: Visit) -> bool:
    """Return whether the reporter had a reply when the form of a sanction or measure was shown first.

    One whose answer was lost is sent again with the same reply.
    """
    if _ANSWERED in visit.fields:
        return bool(visit.given(_ANSWERED))
    return report.answer_time is not None


def _meant(report: TipOffReport, visit: Visit) -> Callable[[Visit], Visit]:
    """Return what makes the reply that is meant of what was typed: nothing is added for who has a reply."""
    return (lambda typed: typed) if _was_answered(report, visit) else usual_reply.meant


def _typed(visit: Visit) -> Visit:
    """Return the visit without the usual reply, which is for reporters that have no reply."""
    return visit if visit.given(_ANSWERED) else usual_reply.typed(visit)


def _own_words(begun: Form, visit: Visit) -> list[Row]:
    """Return what was typed into a form, by the labels of its fields. begun: as it begins."""
    filled = begun.refilled(visit).fields
    return [
        (now.label, now.value)
        for now, before in zip(filled, begun.fields, strict=True)
        if now.kind in _WRITTEN and now.value not in ("", before.value)
    ]


def _chosen(visit: Visit) -> list[str]:
    """Return the reports that are decided with this one: by their boxes, or as the last page hides them."""
    begin = f"{_DUPLICATES}."
    boxes = [name.removeprefix(begin) for name in visit.fields if name.startswith(begin)]
    return sorted({*boxes, *visit.given(_DUPLICATES).split()})


def _carried(visit: Visit) -> dict[str, str]:
    """Return what the address of a sanction's form keeps of the decision."""
    together = {TOGETHER: "-".join(_chosen(visit))} if _chosen(visit) else {}
    language = visit.given(usual_reply.LANGUAGE)
    return {**together, usual_reply.LANGUAGE: language} if language else together


def _choices(report: TipOffReport, visit: Visit) -> list[Row]:
    """Return what can be decided: a reporter is answered before the decision once."""
    return [each for each in _all_choices(visit) if each[0] != "reply" or report.answer_time is None]


def _all_choices(visit: Visit) -> list[Row]:
    say = visit.say
    return [
        *((f"{_DISMISS}{each.value}", _dismissed(each, visit)) for each in Dismissal),
        ("sanction", say("uphold")),
        ("content", say("uphold_content")),
        ("reply", say("only_reply")),
        ("refer", say("refer")),
        ("abusive", say("abusive")),
    ]


def _dismissed(reason: Dismissal, visit: Visit) -> str:
    return str(visit.say("dismiss_as", reason=shown.word("dismissal", reason, visit.say)))


def _notes(report: TipOffReport, visit: Visit) -> dict[str, str]:
    """Return what follows from each decision."""
    say = visit.say
    write = "" if report.answer_time else say("reply_needed")
    abusive = say("abusive_text" if report.reporter_id else "abusive_nobody")
    return {
        f"{_DISMISS}{Dismissal.OTHER.value}": write,
        "reply": say("reply_needed"),
        "sanction": say("uphold_text"),
        "content": say("uphold_content_text"),
        "refer": say("refer_text"),
        "abusive": f"{abusive} {write}".strip(),
    }


def _replies(report: TipOffReport, visit: Visit) -> dict[str, Sequence[Row]]:
    """Return what the reporter of each decision reads if nothing is typed."""
    return {each: usual_reply.in_both(each.removeprefix(_DISMISS)) for each, _ in _choices(report, visit)}


def _reply_of(choice: str, visit: Visit) -> str:
    """Return what was typed, or the usual reply if the reporter has none yet."""
    if visit.given("reply") or visit.given(_ANSWERED):
        return visit.given("reply")
    return usual_reply.in_language(choice.removeprefix(_DISMISS), usual_reply.chosen(visit))


def _missing(visit: Visit) -> dict[str, str]:
    """Return what the form lacks, by field."""
    say, choice = visit.say, visit.given("decision")
    if choice not in dict(_all_choices(visit)):
        return {"decision": say("choose")}
    if choice in _NEXT_PAGES:
        return {}
    needs = choice == "reply" or not visit.given(_ANSWERED)
    missing = {"reply": say("reply_missing")} if needs and not _reply_of(choice, visit) else {}
    if choice == "refer" and not visit.given("authority"):
        missing["authority"] = say("required")
    return missing


def _begun(report: TipOffReport) -> dict[str, str]:
    """Return what a statement of reasons begins with."""
    return {
        "category": report.category.value if report.category else "",
        "case_reference": report.reference,
        "evidence": shown.digests(report.evidence),
    }


def _reply(report: TipOffReport, visit: Visit) -> Field:
    """Return the field of the reply."""
    hint = "reply_again" if report.answer_time is not None else "reply_usual"
    return Field(
        kind="area", id="reply", label=visit.say("reply"), hint=visit.say(hint), limit=TEXT, required=False
    )
