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
    DELIVERED,
    Campaign,
    CampaignPlan,
    CampaignState,
    Cohort,
    ReverificationMethod,
    plan_problems,
)
from idvault_verify.error import InvalidError, PreconditionError, Reason, Violation
from idvault_verify.session import FACTS, Proof

REGISTRY_SHARE = 0.5
_DAY_SECONDS = 86_400


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
    violations = [Violation(f"plan.{name}", code) for name, code in plan_problems(plan, today=today).items()]
    if violations:
        raise InvalidError(Reason.INVALID_MESSAGE, *violations)
    return plan


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
