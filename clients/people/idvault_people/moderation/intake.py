"""The page of a report by telephone, by letter or at a counter: one screen, then a slip to hand out."""

import math
from dataclasses import dataclass
from datetime import timedelta

from idvault_client.errors import VaultError
from idvault_client.sanctions import SanctionCategory
from idvault_client.tip_offs import FiledTipOff, TargetKind, TipOffChannel, TipOffTarget
from idvault_people.console.visit import Answer, ConsolePage, GoTo, Hiding, Visit
from idvault_people.moderation import report_case, shown
from idvault_people.moderation.digits import grouped
from idvault_people.moderation.form import REQUEST_ID, Form
from idvault_people.moderation.shown import Field, Link
from idvault_people.moderation.workplace import Workplace

PATH = "/reports/new"
_TAKEN = (TipOffChannel.PHONE, TipOffChannel.MAIL, TipOffChannel.COUNTER)
_TEXT, _CONTACT, _KEY = 5_000, 200, 200
_SHOWN_FOR = 600


@dataclass(frozen=True, kw_only=True, slots=True)
class IntakePages:
    """The handlers."""

    place: Workplace

    def form(self, visit: Visit) -> Answer:
        """Show the form."""
        return self._form(visit).page()

    def take(self, visit: Visit) -> Answer:
        """File the report, and show number and secret for ten minutes, in either language.

        The slip sends the request id alone to be shown in another language: it may be read by others, such as
        at a counter, and has nothing of the report. A form that is sent again files nothing more, and leads
        to the list once the ten minutes are over.
        """
        self._forget()
        end, filed = self.place.slips.get(visit.given(REQUEST_ID), (None, None))
        if end is not None and filed is None:
            return GoTo("/reports")
        if filed is not None and not visit.given("text"):
            return self._slip(filed, visit.given(REQUEST_ID), visit)
        form, errors = self._form(visit).refilled(visit), self._missing(visit)
        if errors:
            return form.page(errors=errors, status=422)
        try:
            filed = self.place.vault.tip_offs.take(
                TipOffTarget(TargetKind(visit.given("kind")), visit.line("target")),
                SanctionCategory(visit.given("category")),
                visit.given("text"),
                key=self.place.key,
                channel=TipOffChannel(visit.given("channel")),
                contact=visit.line("contact"),
                operation_id=visit.given("operation"),
                request_id=form.request_id,
            )
        except VaultError as error:
            return form.refused(error, visit)
        return self._slip(filed, form.request_id, visit)

    def _forget(self) -> None:
        """Forget what has been shown for long enough, but not that it was."""
        slips, now = self.place.slips, self.place.clock()
        slips.update({name: (end, None) for name, (end, filed) in slips.items() if filed and end <= now})

    def _slip(self, filed: FiledTipOff, request_id: str, visit: Visit) -> ConsolePage:
        """Return the page of number and secret, for what is left of the time since it was shown first."""
        now = self.place.clock()
        end, _ = self.place.slips.get(request_id, (now + timedelta(seconds=_SHOWN_FOR), None))
        self.place.slips[request_id] = (end, filed)
        left = max(1, math.ceil((end - now).total_seconds()))
        say, report = visit.say, filed.tip_off
        values = {
            "number": grouped(report.reference),
            "secret": grouped(filed.secret),
            # The vault says where only if it has hosted pages.
            "rows": [
                (say("slip_platform"), self.place.key.relying_party),
                (say("reply_until"), self.place.time(report.due_time, visit)),
                *([(say("read_at"), filed.reply_url)] if filed.reply_url else []),
            ],
            "seconds": left,
            "links": [Link(report_case.path(report), say("see")), Link(PATH, say("take_another"))],
        }
        return ConsolePage(
            template="moderation_slip.html",
            title=say("slip_title"),
            values=values,
            hides=Hiding(left, "/reports"),
            resend={REQUEST_ID: request_id},
            about=[report_case.path(report)],
        )

    def _missing(self, visit: Visit) -> dict[str, str]:
        say, errors = visit.say, {}
        known = {
            "channel": [each.value for each in _TAKEN],
            "kind": list(TargetKind.__members__),
            "category": list(SanctionCategory.__members__),
        }
        for name, values in known.items():
            if visit.given(name) not in values:
                errors[name] = say("choose")
        for name in ("target", "text"):
            if not visit.given(name):
                errors[name] = say("required")
        return errors

    def _form(self, visit: Visit) -> Form:
        say, operations = visit.say, self.place.open_operations()
        fields = [
            Field(
                kind="choices", id="channel", label=say("arrived"), options=self._options("channel", visit)
            ),
            Field(kind="area", id="text", label=say("said"), limit=_TEXT),
            Field(kind="choices", id="kind", label=say("about"), options=self._options("kind", visit)),
            Field(kind="text", id="target", label=say("target_key"), hint=say("target_hint"), limit=_KEY),
            Field(
                kind="choices", id="category", label=say("category"), options=self._options("category", visit)
            ),
            Field(
                kind="text",
                id="contact",
                label=say("contact"),
                hint=say("contact_hint"),
                limit=_CONTACT,
                required=False,
            ),
        ]
        if operations:
            options = [("", say("no_operation")), *((each.operation_id, each.title) for each in operations)]
            fields.append(
                Field(kind="choices", id="operation", label=say("operation"), options=options, required=False)
            )
        return Form(
            title=say("intake"),
            texts=[say("intake_text")],
            button=say("sign"),
            back="/reports",
            request_id=self.place.new_id(),
            fields=fields,
            signs=True,
        )

    def _options(self, name: str, visit: Visit) -> list[shown.Row]:
        if name == "channel":
            return shown.options("channel", _TAKEN, visit.say)
        if name == "kind":
            return shown.options("target", list(TargetKind), visit.say)
        return shown.options("category", list(SanctionCategory), visit.say)
