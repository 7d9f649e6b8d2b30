"""The pages of reports: which template, which title, and which words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from aiohttp import web

from idvault.tip_off import rules as tip_off_rules
from idvault.web.render import View
from idvault.web.tip_off import code as code_page
from idvault.web.tip_off import draft
from idvault.web.tip_off.draft import Draft
from idvault_client.backend.texts import CATEGORY_TEXTS
from idvault_client.errors import InvalidFields, VaultError
from idvault_client.reasons import FIELD_TEXTS
from idvault_client.tip_offs import FollowedTipOff
from idvault_verify import secret, tip_off
from idvault_verify.error import Reason
from idvault_verify.event import EventType
from idvault_verify.sanction import SanctionCategory
from idvault_verify.tip_off import Dismissal, TipOffOutcome, TipOffState

_LIMITS = {
    "where": 200,
    "contact": tip_off.CONTACT_LENGTH,
    "why": tip_off.TEXT_LENGTH,
    "evidence": tip_off_rules.MOST_CONTENT,
    "answer": tip_off.SUPPLEMENT_LENGTH,
}


_STEP_NUMBERS = {draft.WHAT: 1, draft.WHERE: 2, draft.CONTACT: 3, draft.CODE: 3, draft.WHY: 4, draft.CHECK: 5}
_MISSES = {
    EventType.TIP_OFF_MISS_REPLY.value: "miss_reply",
    EventType.TIP_OFF_MISS_SOLUTION.value: "miss_solution",
    EventType.TIP_OFF_MISS_FLOOD.value: "miss_flood",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Answering:
    """The form with which a reporter answers. numbers: of the report, sealed. typed, reference: come back."""

    numbers: str = field(default="", repr=False)
    typed: str = field(default="", repr=False)
    reference: str = field(default="", repr=False)
    errors: Mapping[str, str] = field(default_factory=dict)
    status: int = 200
    is_taken: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ThreadItem:
    """What happened to a report at a time. text: what was written, empty for nothing."""

    time: datetime
    title: str
    shown: str
    text: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class TipOffView:
    """The pages of one answer. proves: whether codes are sent to addresses. base_url: of the pages."""

    view: View
    proves: bool = False
    base_url: str = ""

    @property
    def language(self) -> str:
        """The language of the pages."""
        return self.view.language

    def platforms(self, titles: Mapping[str, str]) -> web.Response:
        """Return the list of platforms."""
        return self._page("tip_off_list.html", self._say("list_title"), platforms=titles)

    def start(self, platform: str, title: str) -> web.Response:
        """Return the first page of a platform's form."""
        heading = self._say("start_title", platform=title)
        return self._page("tip_off_start.html", heading, name=platform, platform=title)

    def lost(self, platform: str) -> web.Response:
        """Return the page for a draft that this browser no longer has."""
        links = [(f"/r/{platform}", self._say("again"))]
        texts = [self._say("lost_text")]
        return self._page("message.html", self._say("lost_title"), status=404, texts=texts, links=links)

    @property
    def too_large(self) -> str:
        """What the field of the file says after a form that was too large to be read."""
        return self._say("evidence_unread")

    def unsent(self, path: str) -> web.Response:
        """Return the page after such a form, of a report at a path whose text no cookie keeps."""
        title, onward = self._say("evidence_title"), f"{path}/{draft.CHECK}"
        return self._page("tip_off_unsent.html", title, status=413, text=self.too_large, onward=onward)

    def step(
        self,
        step: str,
        title: str,
        path: str,
        answers: Draft,
        *,
        errors: Mapping[str, str] | None = None,
        status: int = 200,
    ) -> web.Response:
        """Return the page of a step. A text that no cookie keeps is carried by the form."""
        carried = "" if answers.is_kept else answers.why
        name, before = path.split("/")[2], answers.before(step)
        return self._page(
            f"tip_off_{step}.html",
            self._say(f"{step}_title", platform=title),
            status=status,
            here=f"{path}/{step}",
            contact=f"{path}/{draft.CONTACT}",
            back="" if carried or step == draft.DONE else f"{path}/{before}" if before else f"/r/{name}",
            platform=title,
            name=name,
            address=f"{self.base_url}/r/{name}/reply",
            answers=answers,
            carried=carried,
            checked=[(each, self._answer(each, answers)) for each in draft.QUESTIONS],
            path=path,
            resend=self._resend(f"{path}/{draft.CHECK}", carried=carried, change=step) if carried else None,
            at_step=_STEP_NUMBERS.get(step),
            of_steps=_STEP_NUMBERS[draft.CHECK],
            categories=[(each.value, self._category(each)) for each in SanctionCategory],
            limits=_LIMITS,
            errors=errors or {},
            proves=self.proves,
            day=self.view.day(date.fromisoformat(answers.due_day)) if answers.due_day else "",
            groups=_groups,
        )

    def ask(self, platform: str, title: str, answering: Answering | None = None) -> web.Response:
        """Return the form for number and secret; with an answer that was not taken now, that form again."""
        sent = answering or Answering()
        return self._page(
            "tip_off_reply.html",
            self._say("reply_title", platform=title),
            status=sent.status,
            here=f"/r/{platform}/reply",
            name=platform,
            platform=title,
            numbers=sent.numbers,
            resend=self._resend(f"/r/{platform}/reply", numbers=sent.numbers) if sent.numbers else None,
            typed=sent.typed,
            reference=sent.reference,
            errors=sent.errors,
            limits=_LIMITS,
        )

    def state(self, platform: str, title: str, found: FollowedTipOff, answering: Answering) -> web.Response:
        """Return what happened to a report, and the form of an answer while one is possible."""
        due = self.view.deadline(found.due_time)
        waits = found.outcome is None and not found.overdue
        rows = [
            ("reference", _groups(found.reference)),
            ("state", self._state(found)),
            ("due", self.view.due(found.file_time, found.due_time) if waits else due),
        ]
        return self._page(
            "tip_off_state.html",
            self._say("state_title", platform=title),
            status=answering.status,
            name=platform,
            here=f"/r/{platform}/reply",
            platform=title,
            rows=[(self._say(key), value) for key, value in rows],
            thread=self._thread(title, found),
            is_open=found.outcome is None,
            is_replied=found.answer_time is not None,
            is_overdue=found.overdue,
            due=due,
            misses=[(each, self._say(_MISSES[each])) for each in found.misses if each in _MISSES],
            can_answer=found.can_supplement,
            numbers=answering.numbers,
            resend=self._resend(f"/r/{platform}/reply", numbers=answering.numbers),
            typed=answering.typed,
            is_taken=answering.is_taken,
            errors=answering.errors,
            limits=_LIMITS,
        )

    def _resend(self, address: str, **fields: str) -> dict[str, object]:
        """Return the form that shows a page again in the other language, with what no address may have."""
        return {"address": address, "fields": {"form": secret.form_token(self.view.key), **fields}}

    def _thread(self, title: str, found: FollowedTipOff) -> list[ThreadItem]:
        """Return what happened, in the order of time; a reply that came with the decision stands there."""
        with_decision = found.former_reply or found.answer_time == found.resolve_time
        first = found.former_reply if with_decision else found.reply
        category = self._category(found.category or SanctionCategory.OTHER)
        happened = [
            (found.file_time, self._say("thread_filed", category=category), found.text),
            (found.answer_time if first else None, self._say("thread_replied", platform=title), first),
            (found.supplement_time, self._say("thread_answered"), found.supplement),
            (found.due_time if found.overdue else None, self._say("thread_overdue"), ""),
            (found.resolve_time, self._state(found), found.reply if with_decision else ""),
        ]
        items = [
            ThreadItem(time=happened_at, title=text, shown=self._when(happened_at, found), text=said)
            for happened_at, text, said in happened
            if happened_at is not None
        ]
        return sorted(items, key=lambda each: each.time)

    def _when(self, time: datetime, found: FollowedTipOff) -> str:
        """Return when something happened; of the deadline, the day with which it passed."""
        return self.view.deadline(time) if time == found.due_time else self.view.minute(time)

    def _answer(self, step: str, answers: Draft) -> str:
        """Return an answer as it is checked."""
        if step == draft.WHAT:
            known = answers.category in SanctionCategory.__members__
            return self._category(SanctionCategory(answers.category)) if known else ""
        if step == draft.CONTACT and answers.contact and answers.is_proved:
            return self._say("contact_proved", contact=answers.contact)
        given = {
            draft.WHERE: answers.where,
            draft.CONTACT: answers.contact or self._say("contact_none"),
            draft.WHY: answers.why,
        }
        return given[step]

    def busy(self, *, many: bool) -> str:
        """Return why a report is not taken now. many: because there were too many, not for the load."""
        return self._say("many") if many else self.view.say("busy")

    def errors(self, error: VaultError, *, names: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return texts by the id of a field, "" for the form as a whole. names: ids of the vault's fields."""
        if error.reason == Reason.TIP_OFF_NOT_FOUND:
            # The vault counts tries by days of UTC.
            opens = datetime.combine(self.view.now.astimezone(UTC).date() + timedelta(days=1), time(), UTC)
            return {"": self._say("unknown", time=self.view.minute(opens))}
        if error.reason == Reason.TIP_OFF_LIMIT_REACHED:
            return {"": self._say("limit")}
        if error.reason == Reason.ILLEGAL_TRANSITION:
            return {"": self._say("answer_over")}
        if error.reason == Reason.CONTACT_NOT_PROVED:
            return {"": self._say("proof_over")}
        if not isinstance(error, InvalidFields) or not error.fields:
            return {"": error.text(self.language)}
        return {(names or {}).get(name, name): self._field(name, code) for name, code in error.fields.items()}

    def _field(self, name: str, code: str) -> str:
        if name == "content_copy":
            return self._say("evidence_large")
        if name == code_page.ADDRESS:
            return self._say("contact_no_mail")
        if name == draft.WHAT:
            return self._say("what_missing")
        return FIELD_TEXTS[code].in_language(self.language)

    def _state(self, found: FollowedTipOff) -> str:
        if found.outcome is TipOffOutcome.DISMISSED:
            reason = (found.dismissal or Dismissal.OTHER).value
            return self._say(f"DISMISSED_{reason}")
        if found.outcome is not None:
            return self._say(found.outcome.value)
        return self._say((found.state or TipOffState.RECEIVED).value)

    def _category(self, category: SanctionCategory) -> str:
        if category is SanctionCategory.OTHER:
            return self._say("other")
        text = CATEGORY_TEXTS[category].in_language(self.language)
        return text[0].upper() + text[1:]

    def _say(self, key: str, **values: object) -> str:
        return self.view.say(f"report_{key}", **values)

    def _page(self, template: str, title: str, *, status: int = 200, **values: Any) -> web.Response:
        return self.view.page(template, title=title, status=status, service="report_service", **values)


def _groups(digits: str) -> str:
    """Return digits in groups of four, as people read and copy them."""
    return " ".join(digits[place : place + 4] for place in range(0, len(digits), 4))
