"""Contests: the owner of an account says of a verification "that was not me".

| from | verb | to |
|---|---|---|
| (none) | file, once per verification that succeeded | FILED |
| FILED | decide | UPHELD, REJECTED |

- Any other transition is refused, and the refusal names both states.
- The platform decides: it knows who used the account. A decision is due in CONTEST_DECISION_DAYS, counted by
  verify.deadline in the operator's zone.
- A decision says whether it was the owner, and changes nothing else: what follows is the platform's to do.
- The text is deleted some days after the decision. What else contests share with appeals is in
  sanction.objection.rules.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo

from idvault.sanction.objection.rules import TEXT_DAYS
from idvault_verify import deadline
from idvault_verify.claim import ClaimState
from idvault_verify.error import TransitionError
from idvault_verify.session import ContestState

CONTEST_DECISION_DAYS = 15
"""As for an appeal: the pages promise owners one time for both."""


@dataclass(frozen=True, slots=True)
class ContestTerms:
    """The operator's terms. zone: the time zone that decides deadlines."""

    zone: tzinfo


@dataclass(frozen=True, slots=True)
class Contest:
    """A contest of a verification; both ids are 32 lower-case hex digits. Its text is sealed and not here.

    overdue_at: when it was logged as overdue. delete_at: when the text must be deleted; text_deleted_at: when
    it was.
    """

    contest_id: str
    relying_party: str
    account_token: str
    claim_id: str
    state: ContestState
    filed_at: datetime
    due_at: datetime
    overdue_at: datetime | None = None
    decided_at: datetime | None = None
    reason: str = field(default="", repr=False)
    delete_at: datetime | None = None
    text_deleted_at: datetime | None = None


def file(
    *,
    contest_id: str,
    relying_party: str,
    account_token: str,
    claim_id: str,
    claim_state: ClaimState,
    terms: ContestTerms,
    now: datetime,
) -> Contest:
    """Return a new contest; raises TransitionError for a verification that has not succeeded."""
    if claim_state is not ClaimState.SUCCEEDED:
        raise TransitionError(state=claim_state.value, wanted=ContestState.FILED.value)
    due_at = deadline.due_at(start=now, days=CONTEST_DECISION_DAYS, zone=terms.zone)
    return Contest(contest_id, relying_party, account_token, claim_id, ContestState.FILED, now, due_at)


def decide(
    *, contest: Contest, verdict: ContestState, reason: str, terms: ContestTerms, now: datetime
) -> Contest:
    """Return the decided contest; raises TransitionError."""
    if contest.state is not ContestState.FILED:
        raise TransitionError(state=contest.state.value, wanted=verdict.value)
    delete_at = deadline.due_at(start=now, days=TEXT_DAYS, zone=terms.zone)
    return replace(contest, state=verdict, decided_at=now, reason=reason, delete_at=delete_at)
