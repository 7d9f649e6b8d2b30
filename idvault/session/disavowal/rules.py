"""Disavowals: a person, proven as HOLDER on the operator's page, says that an account is not hers.

| from | verb | to |
|---|---|---|
| (none) | disown, by the person | waiting, unknown to the platform |
| waiting | cancel, by whoever proves to be that person; verify as HOLDER | (none) |
| waiting | its own time comes, 72 hours later at least | FILED |
| FILED, PROPOSED | reject, by a moderator | REJECTED |
| FILED | propose | PROPOSED |
| PROPOSED | confirm, by another moderator within 72 hours | UPHELD |
| PROPOSED | 72 hours pass | FILED, with its old due time |
| FILED, PROPOSED | the account's holder proves to be that person | REJECTED, by no moderator |
| FILED, PROPOSED | its due time comes, and nothing of the account is open | SILENT |
| FILED, PROPOSED | its due time comes, and something is open, or there are too many | overdue |
| FILED, PROPOSED | the account is erased, or withdrawn for another reason | ENDED |

- Any other transition is refused, and the refusal names both states.
- Each platform learns of a disavowal at a time drawn for it alone: equal minutes would tell two platforms,
  or a thief of the database, that two accounts are one person's. When the person said it is kept nowhere.
- The platform decides within DECISION_DAYS. An upheld one withdraws the verification, and so does silence.
- Silence withdraws nothing while a sanction, a proposal, what the account follows, an appeal or a live public
  account is open: a closed person would disown her account and wait. It is overdue, in public, until somebody
  decides; that what was open ends does not change this.
- Of more than UNUSUAL disavowals that one platform was told of within 15 days before or after this one, none
  is decided by silence: whoever can sign false proofs, or coerces many people, takes no more verifications
  than that away before people look.
- A rejected one does not use up the person's right: she may disown the account again, and whoever rejected
  the last one decides nothing about the next. A contest, whoever filed it, has no part in this.
- What an account is rejected for by its holder is a proof as HOLDER after the disavowal was told: it comes
  from the same person, so the account is hers.
- A proposal that nobody confirmed counts as none, whatever is stored.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum

from idvault.account import rules as account_rules
from idvault.moderator import rules as moderator_rules
from idvault_verify import deadline
from idvault_verify.account import Account
from idvault_verify.error import (
    DeniedError,
    PreconditionError,
    Reason,
    TransitionError,
)
from idvault_verify.session import DisavowalState

WAIT = timedelta(hours=72)
"""How long nothing happens, so that whoever was coerced, or lent a phone, can cancel."""
LONGEST_DELAY = timedelta(days=7)
"""How much later than that a platform may be told: a week has enough other entries to hide among."""
SEED_SIZE = 8
DECISION_DAYS = 15
"""As for a contest: the pages promise one time for both."""
UNUSUAL = 100
"""More than a platform of tens of millions gets: about as many identities as thieves verify there a month.

It is no setting: it bounds what false proofs can do, and a platform with more has to decide them.
"""
_NEAR = timedelta(days=DECISION_DAYS)
_OPEN = frozenset({DisavowalState.FILED, DisavowalState.PROPOSED})


@dataclass(frozen=True, slots=True)
class DisavowalTerms:
    """The operator's terms. zone: the time zone that decides deadlines."""

    zone: tzinfo


@dataclass(frozen=True, slots=True)
class WaitingDisavowal:
    """What a person said, until the account's platform is told at tell_at. person_id: of that platform."""

    account_token: str = field(repr=False)
    relying_party: str
    person_id: str = field(repr=False)
    tell_at: datetime


@dataclass(frozen=True, slots=True)
class Disavowal:
    """What a platform was told. disavowal_id: 32 lower-case hex digits.

    person_id: who said so, None once it is over. state: as it is stored, FILED while it is proposed
    (`state`). filed_at: when the platform was told. overdue_at: when it was logged as overdue. proposed_by:
    the moderator who wants to uphold it; proposal_digest: SHA-256 of what that one signed. decided_by: who
    rejected or confirmed it, None for nobody. rejected_by: who rejected the account's last one.
    """

    disavowal_id: str
    relying_party: str
    account_token: str
    person_id: str | None = field(repr=False)
    state: DisavowalState
    filed_at: datetime
    due_at: datetime
    overdue_at: datetime | None = None
    decided_at: datetime | None = None
    reason: str = field(default="", repr=False)
    proposed_by: str | None = None
    proposed_at: datetime | None = None
    proposal_digest: bytes | None = None
    decided_by: str | None = None
    rejected_by: str | None = None


class Silence(StrEnum):
    """What becomes of a disavowal that nobody has decided in time."""

    WITHDRAWS = "WITHDRAWS"
    IS_OVERDUE = "IS_OVERDUE"


def draw(*, seed: bytes, now: datetime) -> datetime:
    """Return when a platform is told of what was said now. seed: random bytes, for this account alone."""
    seconds = int(LONGEST_DELAY.total_seconds())
    return now + WAIT + timedelta(seconds=int.from_bytes(seed, "big") % seconds)


def is_of(*, account: Account, person_id: str | None) -> bool:
    """Return whether an account has a verification of a person, expired or not."""
    return account_rules.is_verified(account=account) and account.person_id == person_id is not None


def disown(*, account: Account, person_id: str, tell_at: datetime) -> WaitingDisavowal:
    """Return what waits until the platform is told.

    Raises PreconditionError (ILLEGAL_TRANSITION) for an account that is not that person's any more.
    """
    if not is_of(account=account, person_id=person_id):
        raise PreconditionError(Reason.ILLEGAL_TRANSITION)
    return WaitingDisavowal(account.account_token, account.relying_party, person_id, tell_at)


def tell(
    *,
    waiting: WaitingDisavowal,
    disavowal_id: str,
    former: Disavowal | None,
    terms: DisavowalTerms,
    now: datetime,
) -> Disavowal:
    """Return what the platform is told. former: the account's last one, if there was one."""
    rejected = former is not None and former.state is DisavowalState.REJECTED
    return Disavowal(
        disavowal_id,
        waiting.relying_party,
        waiting.account_token,
        waiting.person_id,
        DisavowalState.FILED,
        now,
        deadline.due_at(start=now, days=DECISION_DAYS, zone=terms.zone),
        rejected_by=former.decided_by if former is not None and rejected else None,
    )


def state(*, disavowal: Disavowal, now: datetime) -> DisavowalState:
    """Return the state as of now."""
    waits = disavowal.state is DisavowalState.FILED and moderator_rules.is_proposed(case=disavowal, now=now)
    return DisavowalState.PROPOSED if waits else disavowal.state


def reject(*, disavowal: Disavowal, moderator_id: str, reason: str, now: datetime) -> Disavowal:
    """Return the rejected disavowal; raises TransitionError, and DeniedError (SELF_APPROVAL)."""
    _check_open(disavowal, DisavowalState.REJECTED, now)
    _check_other(disavowal, moderator_id)
    bare = replace(disavowal, proposed_by=None, proposed_at=None, proposal_digest=None, reason=reason)
    return _over(bare, DisavowalState.REJECTED, now, by=moderator_id)


def propose(
    *, disavowal: Disavowal, moderator_id: str, reason: str, paper_digest: bytes, now: datetime
) -> Disavowal:
    """Return the disavowal with a proposal to uphold it; raises as `reject` does."""
    found = state(disavowal=disavowal, now=now)
    if found is not DisavowalState.FILED:
        raise TransitionError(state=found.value, wanted=DisavowalState.PROPOSED.value)
    _check_other(disavowal, moderator_id)
    return replace(
        disavowal, proposed_by=moderator_id, proposed_at=now, proposal_digest=paper_digest, reason=reason
    )


def confirm(*, disavowal: Disavowal, moderator_id: str, paper_digest: bytes, now: datetime) -> Disavowal:
    """Return the upheld disavowal. paper_digest: of the proposal that the moderator has read.

    Raises TransitionError, DeniedError (SELF_APPROVAL) and InvalidError (INVALID_MESSAGE, paper_digest).
    """
    found = state(disavowal=disavowal, now=now)
    if found is not DisavowalState.PROPOSED:
        raise TransitionError(state=found.value, wanted=DisavowalState.UPHELD.value)
    _check_other(disavowal, moderator_id)
    moderator_rules.check_confirmation(case=disavowal, moderator_id=moderator_id, paper_digest=paper_digest)
    return _over(disavowal, DisavowalState.UPHELD, now, by=moderator_id)


def answer(*, disavowal: Disavowal, person_id: str | None, now: datetime) -> Disavowal:
    """Return the disavowal as rejected by the account's holder, who proved to be this person.

    Raises TransitionError, and PreconditionError (PROOF_REFUSED) for another person.
    """
    _check_open(disavowal, DisavowalState.REJECTED, now)
    if person_id is None or person_id != disavowal.person_id:
        raise PreconditionError(Reason.PROOF_REFUSED)
    bare = replace(disavowal, proposed_by=None, proposed_at=None, proposal_digest=None, reason="")
    return _over(bare, DisavowalState.REJECTED, now)


def is_overdue(*, disavowal: Disavowal, now: datetime) -> bool:
    """Return whether one waits for a decision that was due."""
    return disavowal.state is DisavowalState.FILED and disavowal.due_at <= now


def near_since(*, disavowal: Disavowal) -> datetime:
    """Return since when others count that the platform was told of."""
    return disavowal.filed_at - _NEAR


def recent_since(*, now: datetime) -> datetime:
    """Return since when disavowals count for what is unusual now."""
    return now - _NEAR


def silence(*, disavowal: Disavowal, has_open: bool, told: int, now: datetime) -> Silence | None:
    """Return what becomes of one that is not decided; None if that is not due, or was done before.

    has_open: whether something of the account is open. told: how many the platform was told of since
    `near_since`, this one included.
    """
    if disavowal.overdue_at is not None or not is_overdue(disavowal=disavowal, now=now):
        return None
    return Silence.IS_OVERDUE if has_open or told > UNUSUAL else Silence.WITHDRAWS


def note_overdue(*, disavowal: Disavowal, now: datetime) -> Disavowal:
    """Return it marked as overdue."""
    return replace(disavowal, overdue_at=now)


def fall_silent(*, disavowal: Disavowal, now: datetime) -> Disavowal:
    """Return it as decided by silence."""
    bare = replace(disavowal, proposed_by=None, proposed_at=None, proposal_digest=None, reason="")
    return _over(bare, DisavowalState.SILENT, now)


def _check_open(disavowal: Disavowal, wanted: DisavowalState, now: datetime) -> None:
    found = state(disavowal=disavowal, now=now)
    if found not in _OPEN:
        raise TransitionError(state=found.value, wanted=wanted.value)


def _check_other(disavowal: Disavowal, moderator_id: str) -> None:
    if moderator_id == disavowal.rejected_by:
        raise DeniedError(Reason.SELF_APPROVAL)


def _over(
    disavowal: Disavowal, verdict: DisavowalState, now: datetime, *, by: str | None = None
) -> Disavowal:
    return replace(disavowal, state=verdict, decided_at=now, decided_by=by, person_id=None)
