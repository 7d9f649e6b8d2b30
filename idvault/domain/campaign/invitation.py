"""Invitations to verify: when one is due, what an event makes of it, and its one-time code.

- An invitation is delivered once, and once more for each reminder interval; no event brings one forward.
- Nobody is invited who is verified, erased or closed, or whose renewal is suspended.
- A delivery in a batch is leased; any event acknowledges it, else it comes back when the lease ends.
- DISMISSED ends the reminders. COMPLETED holds them until the claim is decided; a failed one lets them go on.
- Each stage is reached once, on its first day.
- A code belongs to one account's newest delivery by link, counts for a day, and once.
- No event changes the account.
"""

import re
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from idvault.domain import seal, token
from idvault.domain.account import Account, AccountState, Standing
from idvault.domain.campaign.campaign import CampaignPlan, ReverificationMethod
from idvault.domain.error import FieldCode, InvalidError, PreconditionError, Reason, Violation

CODE_LIFETIME = timedelta(days=1)
_CODE_LENGTH = 26
_CODE = re.compile(r"[0-7][0-9a-hjkmnp-tv-z]{25}")
_CLOSED = frozenset({Standing.RENEWAL_SUSPENDED, Standing.CLOSED})


class InvitationState(StrEnum):
    """Where an invitation stands."""

    NEW = "NEW"
    ACTIVE = "ACTIVE"
    DISMISSED = "DISMISSED"
    COMPLETED = "COMPLETED"
    VERIFIED = "VERIFIED"


class InvitationEvent(StrEnum):
    """What a platform tells of an invitation."""

    SHOWN = "SHOWN"
    OPENED = "OPENED"
    DISMISSED = "DISMISSED"
    LATER = "LATER"
    COMPLETED = "COMPLETED"


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
    """One account's invitation of one campaign.

    due_at: when the next delivery is due (business time), None where none follows. leased_until: until when
    a batch holds it (real time). reached: the first day of each stage. code_expires_at: until when the code
    of its newest delivery counts (business time), None where that had none.
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


def new(*, account_token: str, campaign_id: str, method: ReverificationMethod, now: datetime) -> Invitation:
    """Return an invitation that was never delivered and is due now."""
    return Invitation(account_token, campaign_id, method, InvitationState.NEW, 0, due_at=now)


def is_open(*, account: Account) -> bool:
    """Tell whether the owner of an account may be invited."""
    return account.state is AccountState.UNVERIFIED and account.standing not in _CLOSED


def is_due(*, invitation: Invitation, now: datetime, real: datetime) -> bool:
    """Tell whether a delivery is due and nobody holds it."""
    waiting = invitation.state in (InvitationState.NEW, InvitationState.ACTIVE)
    free = invitation.leased_until is None or invitation.leased_until <= real
    return waiting and free and invitation.due_at is not None and invitation.due_at <= now


def lease(*, invitation: Invitation, until: datetime, now: datetime, today: date) -> Invitation:
    """Return the invitation as a batch takes it: a delivery, unless it is one that was never acknowledged."""
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

    An event of an invitation that is due, or was never delivered, tells that the platform showed it by
    itself: that is a delivery. Any other event acknowledges the delivery that is out, if one is.
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
    """Tell whether a delivery was made between two states."""
    return after.deliveries > before.deliveries


def _scheduled(invitation: Invitation, plan: CampaignPlan, now: datetime) -> Invitation:
    """Return the delivered invitation with its next reminder, None after the last one."""
    sent = invitation.deliveries - 1
    days = plan.reminder_days[sent] if sent < len(plan.reminder_days) else None
    return replace(invitation, leased_until=None, due_at=None if days is None else now + timedelta(days=days))


def _stages(event: InvitationEvent) -> tuple[Stage, ...]:
    # Whatever else a person did with an invitation, it was shown first.
    return (Stage.INVITED, Stage.SHOWN, Stage(event.value))


def _moved(invitation: Invitation, event: InvitationEvent) -> Invitation:
    if invitation.state is InvitationState.VERIFIED:
        return invitation
    if event is InvitationEvent.COMPLETED:
        return replace(invitation, state=InvitationState.COMPLETED)
    if event is InvitationEvent.DISMISSED and invitation.state is not InvitationState.COMPLETED:
        return replace(invitation, state=InvitationState.DISMISSED, due_at=None)
    return invitation


def conclude(*, invitation: Invitation, succeeded: bool, today: date) -> Invitation:
    """Return the invitation after a claim of its account ended."""
    if succeeded:
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
        reached=_reach(invitation, Stage.FAILED, today),
    )


def _reach(invitation: Invitation, stage: Stage, today: date) -> dict[Stage, date]:
    return {stage: today} | invitation.reached


def _reach_all(invitation: Invitation, stages: tuple[Stage, ...], today: date) -> dict[Stage, date]:
    return dict.fromkeys(stages, today) | invitation.reached


def limit(*, account: Account, was_shown: bool) -> Account | None:
    """Return the account as an enforcement date limits it; None where it is not to be limited.

    Only an owner who was shown an invitation and did not verify is limited, and nobody whose standing is
    worse already.
    """
    mild = account.standing in (Standing.GOOD, Standing.WARNED)
    if not (was_shown and mild and account.state is AccountState.UNVERIFIED):
        return None
    return replace(account, standing=Standing.PUBLISHING_LIMITED, revision=account.revision + 1)


def lift(*, account: Account, former: Standing) -> Account | None:
    """Return the account without its limit; None where its standing is not the one that the date set."""
    if account.standing is not Standing.PUBLISHING_LIMITED:
        return None
    return replace(account, standing=former, revision=account.revision + 1)


def code(random: bytes) -> str:
    """Return the code of 16 random bytes: 26 characters of Crockford base32, big-endian."""
    return token.base32(random)


def check_code(text: str) -> str:
    """Return a code as it is, or raise InvalidError (INVALID_MESSAGE, invitation_code)."""
    if len(text) != _CODE_LENGTH:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("invitation_code", FieldCode.LENGTH))
    if not _CODE.fullmatch(text):
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("invitation_code", FieldCode.CHARACTER))
    return text


def code_hash(*, account_token: str, code: str) -> bytes:
    """Return what is stored of a code: 128 random bits need no key and no slow hash."""
    return sha256(seal.encode("idvault/invitation-code-hash/v1", account_token, code)).digest()


def refuse_code() -> PreconditionError:
    """Return the one refusal of a code, whether it is unknown, used, run out or another account's."""
    return PreconditionError(Reason.ILLEGAL_TRANSITION)
