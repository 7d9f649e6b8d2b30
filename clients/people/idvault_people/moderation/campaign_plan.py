"""The form of a campaign: filled in, checked by the vault's rules, shown as what it will do, and signed.

The fields have the names of the plan's fields in the contract, so a refusal names the same field.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from idvault_client import MinimumAssurance
from idvault_client.campaigns import Cohort, Method, Plan, QuietHours
from idvault_people.console.visit import Answer, Visit
from idvault_people.moderation import shown
from idvault_people.moderation.form import Form
from idvault_people.moderation.shown import Field, PagePart, Row
from idvault_people.moderation.workplace import Workplace
from idvault_verify.campaign import plan_problems

_FROM, _BEFORE, _LABEL = "cohort.create_date_from", "cohort.create_date_before", "cohort.label"
_START, _END, _ZONE = "quiet_hours.start", "quiet_hours.end", "quiet_hours.time_zone"
_USUAL = {
    "daily_limit": "1000",
    "reminder_days": "3 7 21",
    _ZONE: "Asia/Shanghai",
    "minimum_assurance": "ANY",
}
_LONGEST_NUMBER = 7
_NUMBER = re.compile("[0-9]+|[0-9]{1,3}(?:[ ,，][0-9]{3})+")


@dataclass(slots=True)
class _PlanReading:
    """Reads the fields, and gathers the names of those that are wrong."""

    visit: Visit
    wrong: set[str] = field(default_factory=set)

    def day(self, name: str) -> date | None:
        typed = self.visit.given(name)
        try:
            return date.fromisoformat(typed) if typed else None
        except ValueError:
            self.wrong.add(name)
            return None

    def number(self, name: str) -> int:
        """Return one number, whose digits may be grouped; 0 without one, which the rules refuse."""
        typed = self.visit.line(name)
        digits = re.sub("[ ,，]", "", typed)
        if not typed or (_NUMBER.fullmatch(typed) and len(digits) <= _LONGEST_NUMBER):
            return int(digits or 0)
        self.wrong.add(name)
        return 0

    def numbers(self, name: str) -> tuple[int, ...]:
        typed = self.visit.line(name).replace(",", " ").replace("，", " ").split()
        if all(each.isascii() and each.isdigit() and len(each) <= _LONGEST_NUMBER for each in typed):
            return tuple(map(int, typed))
        self.wrong.add(name)
        return ()

    def minimum(self) -> MinimumAssurance | None:
        asked = MinimumAssurance.__members__.get(self.visit.given("minimum_assurance"), MinimumAssurance.ANY)
        return None if asked is MinimumAssurance.ANY else asked

    def quiet_hours(self) -> QuietHours | None:
        if not (self.visit.given(_START) or self.visit.given(_END)):
            return None
        start, end, zone = self._clock(_START), self._clock(_END), self._zone()
        return None if zone is None else QuietHours(start, end, zone)

    def _clock(self, name: str) -> time:
        try:
            return time.fromisoformat(self.visit.given(name)).replace(second=0, microsecond=0, tzinfo=None)
        except ValueError:
            self.wrong.add(name)
            return time()

    def _zone(self) -> ZoneInfo | None:
        try:
            return ZoneInfo(self.visit.given(_ZONE))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.wrong.add(_ZONE)
            return None

    def plan(self) -> Plan:
        return Plan(
            self.visit.line("title"),
            Cohort(self.visit.line(_LABEL), self.day(_FROM), self.day(_BEFORE)),
            tuple(each for each in Method if self.visit.given(f"methods.{each.value}")),
            daily_limit=self.number("daily_limit"),
            reminder_days=self.numbers("reminder_days"),
            quiet_hours=self.quiet_hours(),
            incentive_text=self.visit.line("incentive_text"),
            enforcement_date=self.day("enforcement_date"),
            minimum_assurance=self.minimum(),
        )


def read(visit: Visit, *, today: date) -> tuple[Plan, Mapping[str, str]]:
    """Return the plan of a form, and what is wrong with it by field: it is signed only if nothing is."""
    reading = _PlanReading(visit)
    plan = reading.plan()
    wrong = {*reading.wrong, *plan_problems(plan, today=today)}
    return plan, {name: visit.say(f"campaign_wrong.{name}") for name in sorted(wrong)}


@dataclass(frozen=True, kw_only=True, slots=True)
class CampaignForm:
    """The form's three steps. send: creates a campaign under a request id, returns where to go."""

    place: Workplace
    send: Callable[[Plan, str], str]

    def form(self, visit: Visit) -> Form:
        """Return the form to fill in."""
        return Form(
            title=visit.say("new_campaign"),
            texts=[visit.say("new_campaign_text")],
            button=visit.say("check"),
            step="check",
            back="/campaigns",
            request_id=self.place.new_id(),
            fields=[replace(each, value=_USUAL.get(each.id, "")) for each in _fields(visit)],
        )

    def answer(self, visit: Visit) -> Answer:
        """Check what was typed, show what it will do, or sign it."""
        form = self.form(visit).refilled(visit)
        plan, errors = read(visit, today=self.place.clock().astimezone(self.place.zone).date())
        if errors:
            return form.page(errors=errors, status=422)
        if visit.given("step") == "sign":
            return form.act(visit, lambda request_id: self.send(plan, request_id))
        if visit.given("step") == "change":
            return form.page()
        return self._preview(visit, form, plan).page()

    def _preview(self, visit: Visit, form: Form, plan: Plan) -> Form:
        say = visit.say
        return replace(
            form,
            title=say("campaign_check_title"),
            texts=[say("campaign_check_text")],
            sections=[
                PagePart(title=say("campaign_does"), rows=rows(plan, visit)),
                PagePart(title=say("owner_reads"), texts=[("", "\n".join(told(plan, visit)))]),
            ],
            fields=_hidden(form.fields),
            button=say("sign"),
            step="sign",
            more=("change", say("change")),
            signs=True,
        )


def rows(plan: Plan, visit: Visit) -> list[Row]:
    """Return what a campaign does, in words."""
    say = visit.say
    return [
        (say("campaign_who"), _who(plan, visit)),
        (say("campaign_how"), "\n".join(shown.word("method", each, say) for each in plan.methods)),
        (say("daily_limit"), say("a_day", count=plan.daily_limit)),
        (say("reminders"), _reminders(plan, visit)),
        (say("quiet_hours"), _quiet(plan, visit)),
        (say("minimum"), shown.word("minimum", plan.minimum_assurance or MinimumAssurance.ANY, say)),
        (say("enforcement"), _enforcement(plan, visit)),
    ]


def _who(plan: Plan, visit: Visit) -> str:
    say, cohort = visit.say, plan.cohort
    parts = [
        say("cohort_label", label=cohort.label) if cohort.label else "",
        say("cohort_from", day=_day(cohort.created_from, visit)) if cohort.created_from else "",
        say("cohort_before", day=_day(cohort.created_before, visit)) if cohort.created_before else "",
    ]
    return "\n".join(filter(None, parts)) or say("cohort_all")


def _reminders(plan: Plan, visit: Visit) -> str:
    if not plan.reminder_days:
        return str(visit.say("no_reminders"))
    days = visit.say("and_then").join(map(str, plan.reminder_days))
    return str(visit.say("reminders_after", days=days))


def _quiet(plan: Plan, visit: Visit) -> str:
    hours = plan.quiet_hours
    if hours is None:
        return str(visit.say("no_quiet_hours"))
    return f"{hours.start:%H:%M} – {hours.end:%H:%M} {hours.zone.key}"


def _enforcement(plan: Plan, visit: Visit) -> str:
    if plan.enforcement_date is None:
        return str(visit.say("no_enforcement"))
    return str(visit.say("enforced_from", day=_day(plan.enforcement_date, visit)))


def told(plan: Plan, visit: Visit) -> list[str]:
    """Return what an invitation brings to an owner."""
    ends = plan.enforcement_date and visit.say("told_enforcement", day=_day(plan.enforcement_date, visit))
    return [each for each in (plan.title, plan.incentive_text, ends) if each]


def _day(value: date, visit: Visit) -> str:
    return shown.day(value, language=visit.language)


def _hidden(fields: Sequence[Field]) -> list[Field]:
    """Return fields that keep what was typed: of checks, those that were ticked."""
    kept: list[Field] = []
    for each in fields:
        ticked = each.value.split() if each.kind == "checks" else []
        kept += [Field(kind="hidden", id=f"{each.id}.{value}", value="yes") for value in ticked]
        if each.kind != "checks":
            kept.append(Field(kind="hidden", id=each.id, value=each.value))
    return kept


def _fields(visit: Visit) -> list[Field]:
    say = visit.say
    return [
        Field(
            kind="text", id="title", label=say("campaign_title"), hint=say("campaign_title_hint"), limit=100
        ),
        *_cohort(visit),
        Field(
            kind="checks",
            id="methods",
            label=say("campaign_how"),
            hint=say("methods_hint"),
            options=shown.options("method", list(Method), say),
        ),
        Field(kind="text", id="daily_limit", label=say("daily_limit"), hint=say("daily_hint"), limit=9),
        Field(
            kind="text",
            id="reminder_days",
            label=say("reminders"),
            hint=say("reminders_hint"),
            limit=60,
            required=False,
        ),
        *_quiet_fields(visit),
        Field(
            kind="text",
            id="incentive_text",
            label=say("incentive"),
            hint=say("incentive_hint"),
            limit=500,
            required=False,
        ),
        Field(
            kind="choices",
            id="minimum_assurance",
            label=say("minimum"),
            hint=say("minimum_hint"),
            options=shown.options("minimum", list(MinimumAssurance), say),
        ),
        Field(
            kind="date",
            id="enforcement_date",
            label=say("enforcement"),
            hint=say("enforcement_hint"),
            required=False,
        ),
    ]


def _cohort(visit: Visit) -> list[Field]:
    say = visit.say
    return [
        Field(
            kind="text",
            id=_LABEL,
            label=say("import_label"),
            hint=say("import_label_hint"),
            limit=64,
            required=False,
        ),
        Field(kind="date", id=_FROM, label=say("opened_from"), hint=say("optional"), required=False),
        Field(kind="date", id=_BEFORE, label=say("opened_before"), hint=say("optional"), required=False),
    ]


def _quiet_fields(visit: Visit) -> list[Field]:
    say = visit.say
    return [
        Field(kind="time", id=_START, label=say("quiet_start"), hint=say("quiet_hint"), required=False),
        Field(kind="time", id=_END, label=say("quiet_end"), hint=say("optional"), required=False),
        Field(kind="text", id=_ZONE, label=say("quiet_zone"), hint=say("quiet_zone_hint"), required=False),
    ]
