"""Invitations to verify: when one is due, how events change it, and its one-time code.

- An invitation is delivered once, then once for each reminder interval. Events never make a delivery earlier.
- Only UNVERIFIED accounts that are neither closed nor suspended from renewal are invited; by a campaign with
  a minimum assurance also VERIFIED ones of people that lack it. An account known by a provider's id or a
  reviewed document only is not: no proof of another kind could renew it (claim.rules, OTHER_PROOF).
- A delivery in a batch is leased. Any event acknowledges it; otherwise it is due again when the lease ends.
- DISMISSED ends the reminders. COMPLETED suspends them until the claim ends; they resume if the claim fails.
- Each stage is recorded once, with the first day it was reached.
- A code belongs to the account's newest delivery by link. It is valid for one day, for one success and for
  five claims: a mistyped name does not use it up.
- Events never change the account.
- A claim completes an invitation if it succeeds and the account then has the campaign's minimum. A success
  with less is no failure: the invitation goes on.
- An enforcement date limits publishing until the owner verifies or the campaign ends. It never limits an
  account that is verified, whatever minimum it lacks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from idvault_verify.account import (
    Account,
    AccountState,
    Assurance,
    Assurances,
    MinimumAssurance,
    Standing,
    SubjectKind,
)
from idvault_verify.campaign import (
    Campaign,
    CampaignPlan,
    InvitationEvent,
    InvitationState,
    ReverificationMethod,
)
from idvault_verify.error import PreconditionError, Reason

CODE_LIFETIME = timedelta(days=1)
CODE_TRIES = 5
"""How many claims a code admits until one succeeds."""
_CLOSED = frozenset({Standing.RENEWAL_SUSPENDED, Standing.CLOSED})


class Stage(StrEnum):
    """A step of the funnel."""

    INVITED = "INVITED"
    SHOWN = "SHOWN"
    OPENED = "OPENED"
    LATER = "LATER"
    DISMISSED = "DISMISSED"
    COMPLETED = "COMPLETED"
    VERIFIED = "VERIFIED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Invitation:
    """One account's invitation to one campaign.

    due_at: when the next delivery is due (business time), None if there is none. leased_until: when the lease
    of a batch ends (real time). reached: the first day of each stage. code_expires_at: when the code of the
    newest delivery expires (business time), None if it had no code.
    """

    account_token: str
    campaign_id: str
    method: ReverificationMethod
    state: InvitationState
    deliveries: int
    due_at: datetime | None
    leased_until: datetime | None = None
    reached: dict[Stage, date] = field(default_factory=dict)
    code_expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """A RUNNING campaign whose cohort includes an account; invitation: the account's, if any.

    delivered, deployment_delivered: how many deliveries the campaign, and all campaigns, made today.
    """

    campaign: Campaign
    invitation: Invitation | None
    delivered: int
    deployment_delivered: int


@dataclass(frozen=True, slots=True)
class Limited:
    """An account that a campaign's enforcement date limits or has limited."""

    account: Account
    campaign_id: str


@dataclass(frozen=True, slots=True)
class CampaignProgress:
    """The progress of a campaign.

    reached: how many owners reached each stage , by day, method and stage. verified:
    how many accounts of the cohort were first verified on each day. unanswered: how many owners were shown
    the invitation and have neither postponed nor dismissed it, and have submitted nothing.
    """

    cohort_size: int
    reached: Mapping[tuple[date, ReverificationMethod, Stage], int]
    verified: Mapping[date, int]
    unanswered: int


def new(*, account_token: str, campaign_id: str, method: ReverificationMethod, now: datetime) -> Invitation:
    """Return an undelivered invitation that is due now."""
    return Invitation(account_token, campaign_id, method, InvitationState.NEW, 0, due_at=now)


def is_open(*, account: Account, minimum: MinimumAssurance | None) -> bool:
    """Return whether the owner of an account, as of today, may be invited by a campaign with a minimum."""
    invitable = account.state is AccountState.UNVERIFIED or lacks(account=account, minimum=minimum)
    return invitable and account.standing not in _CLOSED


def lacks(*, account: Account, minimum: MinimumAssurance | None) -> bool:
    """Return whether an account, as of today, is verified and can be upgraded to a minimum that it lacks."""
    return (
        account.state is AccountState.VERIFIED
        and account.subject_kind is SubjectKind.INDIVIDUAL
        and account.assurances in below(minimum=minimum)
    )


def below(*, minimum: MinimumAssurance | None) -> frozenset[Assurances]:
    """Return the sets of facts with which an account can be upgraded to a minimum; none without one."""
    if minimum is None:
        return frozenset()
    return frozenset(facts for facts in _UPGRADABLE if not minimum.holds(facts))


_UPGRADABLE = frozenset({frozenset({Assurance.REGISTRY_MATCH})})
"""What an account can have that another proof renews: a provider's id and a reviewed document are apart."""


def is_due(*, invitation: Invitation, now: datetime, real: datetime) -> bool:
    """Return whether a delivery is due and not leased."""
    waiting = invitation.state in (InvitationState.NEW, InvitationState.ACTIVE)
    free = invitation.leased_until is None or invitation.leased_until <= real
    return waiting and free and invitation.due_at is not None and invitation.due_at <= now


def lease(*, invitation: Invitation, until: datetime, now: datetime, today: date) -> Invitation:
    """Return the invitation as leased to a batch; an unacknowledged delivery is not counted again."""
    by_link = invitation.method is ReverificationMethod.HOSTED_LINK
    again = invitation.leased_until is not None
    return replace(
        invitation,
        state=InvitationState.ACTIVE,
        deliveries=invitation.deliveries + (not again),
        leased_until=until,
        reached=_reach(invitation, Stage.INVITED, today),
        code_expires_at=now + CODE_LIFETIME if by_link else None,
    )


def record(
    *,
    invitation: Invitation,
    event: InvitationEvent,
    plan: CampaignPlan,
    now: datetime,
    real: datetime,
    today: date,
) -> Invitation:
    """Return the invitation after an event.

    An event on an invitation that is due but not leased means that the platform showed it by itself, which
    counts as a delivery. Any other event acknowledges the leased delivery, if there is one.
    """
    delivered = invitation
    if invitation.leased_until is not None:
        delivered = _scheduled(invitation, plan, now)
    elif is_due(invitation=invitation, now=now, real=real):
        delivered = _scheduled(
            replace(invitation, state=InvitationState.ACTIVE, deliveries=invitation.deliveries + 1), plan, now
        )
    reached = replace(delivered, reached=_reach_all(delivered, _stages(event), today))
    return _moved(reached, event)


def counts(*, before: Invitation, after: Invitation) -> bool:
    """Return whether a delivery was made between two states."""
    return after.deliveries > before.deliveries


def _scheduled(invitation: Invitation, plan: CampaignPlan, now: datetime) -> Invitation:
    """Return the delivered invitation with the time of its next reminder, None after the last one."""
    sent = invitation.deliveries - 1
    days = plan.reminder_days[sent] if sent < len(plan.reminder_days) else None
    return replace(invitation, leased_until=None, due_at=None if days is None else now + timedelta(days=days))


def _stages(event: InvitationEvent) -> tuple[Stage, ...]:
    # Whatever the owner did with an invitation, it was shown first.
    return (Stage.INVITED, Stage.SHOWN, Stage(event.value))


def _moved(invitation: Invitation, event: InvitationEvent) -> Invitation:
    if invitation.state is InvitationState.VERIFIED:
        return invitation
    if event is InvitationEvent.COMPLETED:
        return replace(invitation, state=InvitationState.COMPLETED)
    if event is InvitationEvent.DISMISSED and invitation.state is not InvitationState.COMPLETED:
        return replace(invitation, state=InvitationState.DISMISSED, due_at=None)
    return invitation


def check_minimum(*, minimum: MinimumAssurance, proved: Assurance) -> None:
    """Raise PreconditionError (ASSURANCE_MISSING) unless a claim that can establish a fact is enough."""
    if not minimum.holds(frozenset({proved})):
        raise PreconditionError(Reason.ASSURANCE_MISSING)


def conclude(
    *,
    invitation: Invitation,
    minimum: MinimumAssurance | None,
    succeeded: bool,
    assurances: Assurances,
    today: date,
) -> Invitation:
    """Return the invitation after a claim of its account has ended.

    minimum: of its campaign. assurances: those of the account from now on. One that was completed stays so.
    """
    if invitation.state is InvitationState.VERIFIED:
        return invitation
    if succeeded and (minimum is None or minimum.holds(assurances)):
        return replace(
            invitation,
            state=InvitationState.VERIFIED,
            due_at=None,
            leased_until=None,
            reached=_reach(invitation, Stage.VERIFIED, today),
        )
    resumed = invitation.state is InvitationState.COMPLETED
    return replace(
        invitation,
        state=InvitationState.ACTIVE if resumed else invitation.state,
        reached=invitation.reached if succeeded else _reach(invitation, Stage.FAILED, today),
    )


def _reach(invitation: Invitation, stage: Stage, today: date) -> dict[Stage, date]:
    return {stage: today} | invitation.reached


def _reach_all(invitation: Invitation, stages: tuple[Stage, ...], today: date) -> dict[Stage, date]:
    return dict.fromkeys(stages, today) | invitation.reached


def is_limited(*, account: Account, was_shown: bool) -> bool:
    """Return whether an enforcement date limits an UNVERIFIED account, whose owner was shown an invitation.

    The limit is one of the account's sanctions (LIMIT): whatever else is in force stays.
    """
    return was_shown and account.state is AccountState.UNVERIFIED


def refuse_code() -> PreconditionError:
    """Return the one refusal for a code that is unknown, used, expired or another account's."""
    return PreconditionError(Reason.ILLEGAL_TRANSITION)
