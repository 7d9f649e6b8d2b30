"""Reinstatements: whoever holds a REVOKED account appeals against the withdrawal of its verification.

| from | verb | to |
|---|---|---|
| (none) | file, once per withdrawal, of an account that is REVOKED because of it | FILED |
| FILED, PROPOSED | reject | REJECTED |
| FILED | propose | PROPOSED |
| PROPOSED | confirm, by another moderator within 72 hours | UPHELD |
| PROPOSED | 72 hours pass | FILED, with its old due time |

- Any other transition is refused, and the refusal names both states.
- It is filed within APPEAL_DAYS of the withdrawal, and due in REINSTATEMENT_DECISION_DAYS, both counted by
  verify.deadline in the operator's zone. A proposal is no decision: past its due time it is overdue.
- Nobody who proposed or confirmed the withdrawal decides about it, and two others are needed to uphold it.
  The account's holder alone files it, through the platform: moderators cannot undo among themselves what
  others did for a victim.
- An upheld one gives the account its verification back (account.rules) while the account is still REVOKED
  because of this withdrawal, for 180 days, if the person has a free slot. Otherwise it is upheld and changes
  nothing: a refusal could be tried again and again, to learn when the person has a slot.
- What was narrowed meanwhile stays narrowed: two moderators decided it by name. What was not narrowed falls
  on the person as before.
- A reinstated verification can be contested again. Who decided the reinstatement decides nothing about that.
- The text is deleted some days after the decision. What else it shares with appeals and contests is in
  sanction.objection.rules.
- A proposal that nobody confirmed counts as none, whatever is stored.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo

from idvault.account.rules import Withdrawal
from idvault.moderator import rules as moderator_rules
from idvault.sanction.objection.rules import TEXT_DAYS
from idvault_verify import deadline
from idvault_verify.account import Account, AccountState
from idvault_verify.error import (
    DeniedError,
    PreconditionError,
    Reason,
    TransitionError,
)
from idvault_verify.session import ReinstatementState

APPEAL_DAYS = 15
"""Short: the person whose verification was withdrawn waits for a decision that lasts."""
REINSTATEMENT_DECISION_DAYS = 15
"""As for an appeal or a contest: the pages promise one time for all."""


@dataclass(frozen=True, slots=True)
class ReinstatementTerms:
    """The operator's terms. zone: decides deadlines. accounts_per_person: how many a person may have."""

    zone: tzinfo
    accounts_per_person: int


@dataclass(frozen=True, slots=True)
class Reinstatement:
    """An appeal against a withdrawal; both ids are 32 lower-case hex digits. Its text is sealed and not here.

    state: as it is stored, FILED while it is proposed (`state`). overdue_at: when it was logged as overdue.
    delete_at: when the text must be deleted; text_deleted_at: when it was. proposed_by: the moderator who
    wants to uphold it; proposal_digest: SHA-256 of what that one signed. decided_by: who rejected or
    confirmed it. reinstated: whether the account got its verification back, None while it is not upheld.
    """

    reinstatement_id: str
    relying_party: str
    account_token: str
    withdrawal_id: str
    state: ReinstatementState
    filed_at: datetime
    due_at: datetime
    overdue_at: datetime | None = None
    decided_at: datetime | None = None
    reason: str = field(default="", repr=False)
    delete_at: datetime | None = None
    text_deleted_at: datetime | None = None
    proposed_by: str | None = None
    proposed_at: datetime | None = None
    proposal_digest: bytes | None = None
    decided_by: str | None = None
    reinstated: bool | None = None


def file_until(*, withdrawal: Withdrawal, zone: tzinfo) -> datetime:
    """Return until when a withdrawal can be appealed."""
    return deadline.due_at(start=withdrawal.withdrawn_at, days=APPEAL_DAYS, zone=zone)


def file(
    *,
    reinstatement_id: str,
    account: Account,
    withdrawal: Withdrawal | None,
    terms: ReinstatementTerms,
    now: datetime,
) -> Reinstatement:
    """Return a new appeal. withdrawal: because of which the account is REVOKED, None if it is not.

    Raises TransitionError for an account that is not REVOKED, and PreconditionError
    (REINSTATEMENT_TOO_LATE).
    """
    if account.state is not AccountState.REVOKED or withdrawal is None:
        raise TransitionError(state=account.state.value, wanted=ReinstatementState.FILED.value)
    if file_until(withdrawal=withdrawal, zone=terms.zone) <= now:
        raise PreconditionError(Reason.REINSTATEMENT_TOO_LATE)
    return Reinstatement(
        reinstatement_id,
        account.relying_party,
        account.account_token,
        withdrawal.withdrawal_id,
        ReinstatementState.FILED,
        now,
        deadline.due_at(start=now, days=REINSTATEMENT_DECISION_DAYS, zone=terms.zone),
    )


def state(*, reinstatement: Reinstatement, now: datetime) -> ReinstatementState:
    """Return the state as of now."""
    waits = reinstatement.state is ReinstatementState.FILED and moderator_rules.is_proposed(
        case=reinstatement, now=now
    )
    return ReinstatementState.PROPOSED if waits else reinstatement.state


def reject(
    *,
    reinstatement: Reinstatement,
    withdrawn_by: Collection[str],
    moderator_id: str,
    reason: str,
    terms: ReinstatementTerms,
    now: datetime,
) -> Reinstatement:
    """Return the rejected appeal. withdrawn_by: who proposed and confirmed the withdrawal.

    Raises TransitionError, and DeniedError (SELF_APPROVAL).
    """
    if reinstatement.state is not ReinstatementState.FILED:
        raise TransitionError(state=reinstatement.state.value, wanted=ReinstatementState.REJECTED.value)
    _check_other(withdrawn_by, moderator_id)
    bare = replace(reinstatement, proposed_by=None, proposed_at=None, proposal_digest=None, reason=reason)
    return _decided(bare, ReinstatementState.REJECTED, moderator_id, terms, now)


def propose(
    *,
    reinstatement: Reinstatement,
    withdrawn_by: Collection[str],
    moderator_id: str,
    reason: str,
    paper_digest: bytes,
    now: datetime,
) -> Reinstatement:
    """Return the appeal with a proposal to uphold it; raises as `reject` does."""
    found = state(reinstatement=reinstatement, now=now)
    if found is not ReinstatementState.FILED:
        raise TransitionError(state=found.value, wanted=ReinstatementState.PROPOSED.value)
    _check_other(withdrawn_by, moderator_id)
    return replace(
        reinstatement,
        proposed_by=moderator_id,
        proposed_at=now,
        proposal_digest=paper_digest,
        reason=reason,
    )


def confirm(
    *,
    reinstatement: Reinstatement,
    withdrawn_by: Collection[str],
    moderator_id: str,
    paper_digest: bytes,
    terms: ReinstatementTerms,
    now: datetime,
) -> Reinstatement:
    """Return the upheld appeal. paper_digest: of the proposal that the moderator has read.

    Raises TransitionError, DeniedError (SELF_APPROVAL) and InvalidError (INVALID_MESSAGE, paper_digest).
    """
    found = state(reinstatement=reinstatement, now=now)
    if found is not ReinstatementState.PROPOSED:
        raise TransitionError(state=found.value, wanted=ReinstatementState.UPHELD.value)
    _check_other(withdrawn_by, moderator_id)
    moderator_rules.check_confirmation(
        case=reinstatement, moderator_id=moderator_id, paper_digest=paper_digest
    )
    return _decided(reinstatement, ReinstatementState.UPHELD, moderator_id, terms, now)


def _check_other(others: Collection[str], moderator_id: str) -> None:
    if moderator_id in others:
        raise DeniedError(Reason.SELF_APPROVAL)


def _decided(
    reinstatement: Reinstatement,
    verdict: ReinstatementState,
    moderator_id: str,
    terms: ReinstatementTerms,
    now: datetime,
) -> Reinstatement:
    delete_at = deadline.due_at(start=now, days=TEXT_DAYS, zone=terms.zone)
    return replace(reinstatement, state=verdict, decided_at=now, decided_by=moderator_id, delete_at=delete_at)
