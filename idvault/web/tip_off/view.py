"""The pages of reports: which template, which title, and which words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from aiohttp import web
from babel.dates import format_date

from idvault.tip_off import rules as tip_off_rules
from idvault.web.render import View
from idvault.web.tip_off import code as code_page
from idvault.web.tip_off import draft
from idvault.web.tip_off.draft import Draft
from idvault_client.backend.texts import CATEGORY_TEXTS
from idvault_client.errors import InvalidFields, VaultError
from idvault_client.reasons import FIELD_TEXTS
from idvault_client.tip_offs import FollowedTipOff
from idvault_verify import tip_off
from idvault_verify.error import Reason
from idvault_verify.sanction import SanctionCategory
from idvault_verify.tip_off import Dismissal, TipOffOutcome, TipOffState

_TICK = timedelta(microseconds=1)
_LIMITS = {
    "where": 200,
    "contact": tip_off.CONTACT_LENGTH,
    "why": tip_off.TEXT_LENGTH,
    "evidence": tip_off_rules.MOST_CONTENT,
}


@dataclass(frozen=True, kw_only=True)
class TipOffView:
    """The pages of one answer. proves: whether codes are sent to addresses."""

    view: View
    proves: bool = False

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

    def step(
        self,
        step: str,
        title: str,
        path: str,
        answers: Draft,
        *,
        errors: Mapping[str, str] | None = None,
        kept: str = "",
        status: int = 200,
    ) -> web.Response:
        """Return the page of a step. kept: the sealed text of a form that is shown again."""
        return self._page(
            f"tip_off_{step}.html",
            self._say(f"{step}_title", platform=title),
            status=status,
            here=f"{path}/{step}",
            contact=f"{path}/{draft.CONTACT}",
            platform=title,
            name=path.split("/")[2],
            answers=answers,
            categories=[(each.value, self._category(each)) for each in SanctionCategory],
            limits=_LIMITS,
            errors=errors or {},
            kept=kept,
            proves=self.proves,
            day=self._day(answers.due_day) if answers.due_day else "",
            groups=_groups,
        )

    def ask(
        self, platform: str, title: str, *, errors: Mapping[str, str] | None = None, status: int = 200
    ) -> web.Response:
        """Return the form for number and secret."""
        return self._page(
            "tip_off_reply.html",
            self._say("reply_title", platform=title),
            status=status,
            here=f"/r/{platform}/reply",
            platform=title,
            errors=errors or {},
        )

    def state(self, platform: str, title: str, found: FollowedTipOff, zone: tzinfo) -> web.Response:
        """Return what happened to a report."""
        rows = [
            ("reference", _groups(found.reference)),
            ("state", self._state(found)),
            ("filed", self._time(found.file_time, zone)),
            ("due", self._time(found.due_time - _TICK, zone)),
        ]
        if found.answer_time:
            rows.append(("answered", self._time(found.answer_time, zone)))
        if found.resolve_time:
            rows.append(("resolved", self._time(found.resolve_time, zone)))
        return self._page(
            "tip_off_state.html",
            self._say("state_title", platform=title),
            name=platform,
            platform=title,
            rows=[(self._say(key), value) for key, value in rows],
            reply=found.reply,
        )

    def busy(self, *, many: bool) -> str:
        """Return why a report is not taken now. many: because there were too many, not for the load."""
        return self._say("many") if many else self.view.say("busy")

    def errors(self, error: VaultError, *, names: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return texts by the id of a field, "" for the form as a whole. names: ids of the vault's fields."""
        if error.reason == Reason.TIP_OFF_NOT_FOUND:
            return {"": self._say("unknown")}
        if error.reason == Reason.TIP_OFF_LIMIT_REACHED:
            return {"": self._say("limit")}
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

    def _time(self, time: datetime, zone: tzinfo) -> str:
        return self._day(time.astimezone(zone).date().isoformat())

    def _day(self, day: str) -> str:
        locale = "zh_CN" if self.language == "zh" else "en"
        return format_date(datetime.fromisoformat(day).date(), format="long", locale=locale)

    def _say(self, key: str, **values: object) -> str:
        return self.view.say(f"report_{key}", **values)

    def _page(self, template: str, title: str, *, status: int = 200, **values: object) -> web.Response:
        return self.view.page(template, title=title, status=status, service="report_service", **values)


def _groups(digits: str) -> str:
    """Return digits in groups of four, as people read and copy them."""
    return " ".join(digits[place : place + 4] for place in range(0, len(digits), 4))
