"""Campaigns that encourage owners of legacy accounts to verify: the plan and life cycle of a campaign.

- A plan has a cohort, one or more methods (WHEN_DUE and HOSTED_LINK exclude each other), a daily limit and
  increasing reminder intervals. It never changes.
- DRAFT -> RUNNING <-> PAUSED; each of these -> ENDED. Only a RUNNING campaign invites or enforces.
- All campaigns together deliver at most as many invitations a day as half of the registry's capacity can
  check.
- No invitation is delivered in quiet hours.
- Enforcement needs an enforcement date, which must be in the future when the campaign is created.
- A plan can ask for a minimum assurance, if the platform accepts a proof that reaches it and the deployment
  offers it. It is then also for accounts that are verified with less; those that were not imported have
  neither label nor creation date, so they belong to a cohort that sets nothing only.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime
from enum import StrEnum

from idvault_verify.campaign import (
    Campaign,
    CampaignPlan,
    CampaignState,
    Cohort,
    QuietHours,
    ReverificationMethod,
)
from idvault_verify.error import FieldCode, InvalidError, PreconditionError, Reason, Violation
from idvault_verify.session import FACTS, Proof

REGISTRY_SHARE = 0.5
DAILY_LIMIT = 1_000_000
REMINDERS = 10
LONGEST_REMINDER = 365
_DAY_SECONDS = 86_400
_TITLE_LENGTH = 100
_LABEL_LENGTH = 64
_INCENTIVE_LENGTH = 500


DELIVERED = frozenset({ReverificationMethod.WHEN_DUE, ReverificationMethod.HOSTED_LINK})
"""The methods whose invitations the platform fetches in batches and delivers."""


class Verb(StrEnum):
    """The transitions of a campaign."""

    START = "START"
    PAUSE = "PAUSE"
    RESUME = "RESUME"
    END = "END"


_MOVES: dict[Verb, tuple[frozenset[CampaignState], CampaignState]] = {
    Verb.START: (frozenset({CampaignState.DRAFT}), CampaignState.RUNNING),
    Verb.PAUSE: (frozenset({CampaignState.RUNNING}), CampaignState.PAUSED),
    Verb.RESUME: (frozenset({CampaignState.PAUSED}), CampaignState.RUNNING),
    Verb.END: (
        frozenset({CampaignState.DRAFT, CampaignState.RUNNING, CampaignState.PAUSED}),
        CampaignState.ENDED,
    ),
}


def check_plan(*, plan: CampaignPlan, today: date) -> CampaignPlan:
    """Return the plan unchanged, or raise InvalidError (INVALID_MESSAGE) naming every invalid field."""
    violations = [
        Violation(f"plan.{name}", code) for name, code in _problems(plan, today).items() if code is not None
    ]
    if violations:
        raise InvalidError(Reason.INVALID_MESSAGE, *violations)
    return plan


def _problems(plan: CampaignPlan, today: date) -> dict[str, FieldCode | None]:
    return {
        "title": _text(plan.title, _TITLE_LENGTH, required=True),
        "cohort.label": _text(plan.cohort.label, _LABEL_LENGTH),
        "cohort.create_date_before": _ordered(plan.cohort),
        "methods": _methods(plan.methods),
        "daily_limit": None if 1 <= plan.daily_limit <= DAILY_LIMIT else FieldCode.LENGTH,
        "reminder_days": _reminders(plan.reminder_days),
        "quiet_hours.end": _quiet(plan.quiet_hours),
        "incentive_text": _text(plan.incentive_text, _INCENTIVE_LENGTH),
        "enforcement_date": _enforcement(plan.enforcement_date, today),
    }


def _text(text: str, limit: int, *, required: bool = False) -> FieldCode | None:
    if not text:
        return FieldCode.REQUIRED if required else None
    if len(text) > limit:
        return FieldCode.LENGTH
    return None if text.isprintable() else FieldCode.CHARACTER


def _ordered(cohort: Cohort) -> FieldCode | None:
    if cohort.created_from is None or cohort.created_before is None:
        return None
    return None if cohort.created_from < cohort.created_before else FieldCode.LENGTH


def _methods(methods: tuple[ReverificationMethod, ...]) -> FieldCode | None:
    if not methods:
        return FieldCode.REQUIRED
    # Both methods would draw from the same queue, with nothing to decide which one an invitation uses.
    if len(set(methods)) != len(methods) or set(methods) >= DELIVERED:
        return FieldCode.CHARACTER
    return None


def _reminders(days: tuple[int, ...]) -> FieldCode | None:
    if len(days) > REMINDERS:
        return FieldCode.LENGTH
    growing = all(former < later for former, later in zip((0, *days), days, strict=False))
    return None if growing and all(day <= LONGEST_REMINDER for day in days) else FieldCode.CHARACTER


def _quiet(hours: QuietHours | None) -> FieldCode | None:
    return FieldCode.CHARACTER if hours is not None and hours.start == hours.end else None


def _enforcement(day: date | None, today: date) -> FieldCode | None:
    return FieldCode.LENGTH if day is not None and day <= today else None


def check_reach(*, plan: CampaignPlan, proofs: Collection[Proof]) -> None:
    """Raise PreconditionError (PROOF_NOT_OFFERED) unless one of some proofs reaches the plan's minimum."""
    minimum = plan.minimum_assurance
    if minimum is not None and not minimum.holds(frozenset(FACTS[proof] for proof in proofs)):
        raise PreconditionError(Reason.PROOF_NOT_OFFERED)


def make(*, campaign_id: str, relying_party: str, plan: CampaignPlan, now: datetime) -> Campaign:
    """Return a new DRAFT campaign."""
    return Campaign(campaign_id, relying_party, plan, CampaignState.DRAFT, now)


def move(*, campaign: Campaign, verb: Verb, now: datetime) -> Campaign:
    """Return the campaign after a transition; raises PreconditionError (ILLEGAL_TRANSITION)."""
    allowed, state = _MOVES[verb]
    if campaign.state not in allowed:
        raise PreconditionError(Reason.ILLEGAL_TRANSITION)
    return replace(campaign, state=state, started_at=campaign.started_at or _start(verb, now))


def _start(verb: Verb, now: datetime) -> datetime | None:
    return now if verb is Verb.START else None


def check_delivers(*, campaign: Campaign) -> ReverificationMethod:
    """Return the method that a RUNNING campaign delivers in batches.

    Raises PreconditionError (ILLEGAL_TRANSITION) if it has none or is not RUNNING.
    """
    for method in campaign.plan.methods:
        if method in DELIVERED and campaign.state is CampaignState.RUNNING:
            return method
    raise PreconditionError(Reason.ILLEGAL_TRANSITION)


def covers(*, cohort: Cohort, label: str, create_date: date) -> bool:
    """Return whether an account with this label and creation date belongs to the cohort."""
    return (
        cohort.label in ("", label)
        and (cohort.created_from is None or cohort.created_from <= create_date)
        and (cohort.created_before is None or create_date < cohort.created_before)
    )


def covers_all(*, cohort: Cohort) -> bool:
    """Return whether the cohort also has accounts that were not imported."""
    return cohort == Cohort()


def is_quiet(*, plan: CampaignPlan, now: datetime) -> bool:
    """Return whether a business time is in the plan's quiet hours."""
    hours = plan.quiet_hours
    if hours is None:
        return False
    local = now.astimezone(hours.zone).time()
    if hours.start < hours.end:
        return hours.start <= local < hours.end
    return local >= hours.start or local < hours.end


def deployment_limit(*, registry_calls_per_second: float) -> int:
    """Return how many deliveries all campaigns together may make in one day.

    Each delivery could lead to one registry check on the same day; the other half of the capacity is reserved
    for sign-ups.
    """
    return int(registry_calls_per_second * _DAY_SECONDS * REGISTRY_SHARE)


def allowance(*, plan: CampaignPlan, delivered: int, deployment_limit: int, deployment_delivered: int) -> int:
    """Return how many more deliveries this campaign may make today."""
    return max(0, min(plan.daily_limit - delivered, deployment_limit - deployment_delivered))


def enforces(*, campaign: Campaign, today: date) -> bool:
    """Return whether the campaign limits accounts today."""
    day = campaign.plan.enforcement_date
    return campaign.state is CampaignState.RUNNING and day is not None and day <= today
