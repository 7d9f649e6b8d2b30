"""The decision about a report, and its page; a sanction or measure is imposed in the same act."""

from collections.abc import Callable
from dataclasses import dataclass

from idvault_client.sanctions import Origin, UpheldContentMeasure
from idvault_client.tip_offs import Dismissal, TargetKind, TipOffReport, UpheldSanction
from idvault_people.console.visit import Answer, ConsolePage, Visit
from idvault_people.moderation import shown, tip_off
from idvault_people.moderation.content_form import ContentMeasureForm
from idvault_people.moderation.form import Form
from idvault_people.moderation.sanction_form import SanctionForm
from idvault_people.moderation.shown import Field, Link, PagePart
from idvault_people.moderation.workplace import Workplace

_TEXT, _NAME = 2_000, 63


@dataclass(frozen=True, kw_only=True, slots=True)
class DecisionPages:
    """The handlers."""

    place: Workplace

    def choose(self, visit: Visit) -> Answer:
        """Show which decisions there are."""
        report, say = self._report(visit), visit.say
        here = tip_off.path(report)
        pages = (
            ("uphold", "sanction"),
            ("uphold_content", "content"),
            ("dismiss", "dismissal"),
            ("refer", "referral"),
            ("abusive", "abuse"),
        )
        sections = [
            PagePart(
                title=say(name),
                texts=[("", say(f"{name}_text"))],
                links=[Link(f"{here}/{page}", say(name))],
            )
            for name, page in pages
        ]
        title = say("decide_title", reference=report.reference)
        values = {"sections": sections, "acts": [], "notes": []}
        return ConsolePage(template="moderation_case.html", title=title, values=values)

    def dismissal(self, visit: Visit) -> Answer:
        """Show the form of a dismissal."""
        return self._dismissal(visit).page()

    def dismiss(self, visit: Visit) -> Answer:
        """Dismiss the report."""
        form = self._dismissal(visit)
        reason = visit.given("dismissal")
        if reason not in Dismissal.__members__:
            return form.refilled(visit).page(errors={"dismissal": visit.say("choose")}, status=422)

        def act(request_id: str) -> None:
            self.place.vault.tip_offs.dismiss(
                visit.parts["report"],
                Dismissal(reason),
                key=self.place.key,
                reply=visit.given("reply"),
                request_id=request_id,
            )

        return self._decide(visit, form, act)

    def referral(self, visit: Visit) -> Answer:
        """Show the form of a referral to an authority."""
        return self._referral(visit).page()

    def refer(self, visit: Visit) -> Answer:
        """Refer the report."""

        def act(request_id: str) -> None:
            self.place.vault.tip_offs.refer(
                visit.parts["report"],
                visit.given("authority"),
                key=self.place.key,
                reply=visit.given("reply"),
                request_id=request_id,
            )

        return self._decide(visit, self._referral(visit), act)

    def abuse(self, visit: Visit) -> Answer:
        """Show the form of a report that was made to harm."""
        return self._abuse(visit).page()

    def find_abusive(self, visit: Visit) -> Answer:
        """Decide that the report was made to harm."""

        def act(request_id: str) -> None:
            self.place.vault.tip_offs.find_abusive(
                visit.parts["report"],
                key=self.place.key,
                reply=visit.given("reply"),
                request_id=request_id,
            )

        return self._decide(visit, self._abuse(visit), act)

    def sanction(self, visit: Visit) -> Answer:
        """Show the form of the sanction of a report that is right."""
        return self._sanction(visit).form(visit).page()

    def uphold(self, visit: Visit) -> Answer:
        """Check the sanction, show it, or decide with it."""
        report = visit.parts["report"]

        def send(sanction: UpheldSanction, request_id: str) -> str:
            self.place.vault.tip_offs.uphold(
                report, sanction, key=self.place.key, reply=visit.given("reply"), request_id=request_id
            )
            return f"/reports/{report}"

        return self._sanction(visit).answer(visit, send)

    def content(self, visit: Visit) -> Answer:
        """Show the form of the measure on content of a report that is right."""
        return self._content(visit).form(visit).page()

    def uphold_content(self, visit: Visit) -> Answer:
        """Check the measure, show it, or decide with it."""
        report = visit.parts["report"]

        def send(measure: UpheldContentMeasure, request_id: str) -> str:
            self.place.vault.tip_offs.uphold(
                report,
                measure=measure,
                key=self.place.key,
                reply=visit.given("reply"),
                request_id=request_id,
            )
            return f"/reports/{report}"

        return self._content(visit).answer(visit, send)

    def _decide(self, visit: Visit, form: Form, act: Callable[[str], None]) -> Answer:
        def done(request_id: str) -> str:
            act(request_id)
            return f"/reports/{visit.parts['report']}"

        return form.act(visit, done)

    def _report(self, visit: Visit) -> TipOffReport:
        report: TipOffReport = self.place.vault.tip_offs.get(visit.parts["report"]).tip_off
        return report

    def _dismissal(self, visit: Visit) -> Form:
        report, say = self._report(visit), visit.say
        reasons = Field(
            kind="choices",
            id="dismissal",
            label=say("why_dismissed"),
            options=shown.options("dismissal", list(Dismissal), say),
        )
        return self._form(report, visit, title=say("dismiss"), first=[reasons])

    def _referral(self, visit: Visit) -> Form:
        say = visit.say
        name = Field(
            kind="text", id="authority", label=say("referred_to"), hint=say("authority_hint"), limit=_NAME
        )
        return self._form(self._report(visit), visit, title=say("refer"), first=[name])

    def _abuse(self, visit: Visit) -> Form:
        return self._form(self._report(visit), visit, title=visit.say("abusive"), first=[])

    def _form(self, report: TipOffReport, visit: Visit, *, title: str, first: list[Field]) -> Form:
        return Form(
            title=f"{title}: {report.reference}",
            button=visit.say("send"),
            back=tip_off.path(report),
            request_id=self.place.new_id(),
            fields=[*first, _reply(report, visit)],
        )

    def _sanction(self, visit: Visit) -> SanctionForm:
        report, say = self._report(visit), visit.say
        account, public_account = self._target(report)
        given = {"account": account, "public_account_id": public_account, **_begun(report)}
        # A report about an account or a public account is answered by a sanction of that one.
        fixed = ("account", "public_account_id") if account else ("public_account_id",)
        return SanctionForm(
            place=self.place,
            title=f"{say('uphold')}: {report.reference}",
            back=tip_off.path(report),
            origin=Origin.TIP_OFF,
            tip_off=report.reference,
            given=given,
            fixed=frozenset(fixed),
            after=[_reply(report, visit)],
        )

    def _content(self, visit: Visit) -> ContentMeasureForm:
        report, say = self._report(visit), visit.say
        target = report.target
        return ContentMeasureForm(
            place=self.place,
            title=f"{say('uphold_content')}: {report.reference}",
            back=tip_off.path(report),
            origin=Origin.TIP_OFF,
            tip_off=report.reference,
            given={"content": target.key if target.kind is TargetKind.CONTENT else "", **_begun(report)},
            after=[_reply(report, visit)],
        )

    def _target(self, report: TipOffReport) -> tuple[str, str]:
        target = report.target
        if target.kind is TargetKind.ACCOUNT:
            return target.key, ""
        if target.kind is TargetKind.PUBLIC_ACCOUNT:
            return self.place.vault.public_accounts.get(target.key).account_token, target.key
        return "", ""


def _begun(report: TipOffReport) -> dict[str, str]:
    """Return what a statement of reasons begins with."""
    return {
        "category": report.category.value if report.category else "",
        "case_reference": report.reference,
        "evidence": shown.digests(report.evidence),
    }


def _reply(report: TipOffReport, visit: Visit) -> Field:
    """Return the field of the reply, which is needed unless the reporter has one."""
    has_one = report.answer_time is not None
    hint = "reply_again" if has_one else "reply_hint"
    return Field(
        kind="area",
        id="reply",
        label=visit.say("reply"),
        hint=visit.say(hint),
        limit=_TEXT,
        required=not has_one,
    )
