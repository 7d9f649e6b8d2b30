"""Contests: the owner of an account says of a verification "that was not me".

| from | verb | to |
|---|---|---|
| (none) | file, of a verification that succeeded | FILED |
| FILED, PROPOSED | reject | REJECTED |
| FILED | propose | PROPOSED |
| PROPOSED | confirm, by another moderator within 72 hours | UPHELD |
| PROPOSED | 72 hours pass | FILED, with its old due time |
| REJECTED | file again, by the platform | FILED |
| UPHELD, and what it withdrew is reinstated | file again, by the platform | FILED |

- Any other transition is refused, and the refusal names both states.
- The platform decides: it knows who used the account. A decision is due in CONTEST_DECISION_DAYS, counted by
  verify.deadline in the operator's zone. A proposal is no decision: past its due time it is overdue all the
  same.
- An upheld contest of the verification that was the account's newest when it was filed withdraws it
  (account.rules). A later verification by name and number proves nothing more, so it does not prevent that;
  and of an older one the account does not live any more.
- Whoever filed a bad contest must not use up the person's right to a good one: after a rejection the
  platform files another one, which takes the place of the first, under its id. Who rejected the first one
  decides nothing about it. The same holds after a reinstatement (session.reinstatement.rules), for both who
  decided it: else a thief whose appeal was upheld would be safe for good. From the account's own page a
  verification is contested once: whoever holds the account must not keep moderators busy.
- The text is deleted some days after the decision. What else contests share with appeals is
  in sanction.objection.rules.
- A proposal that nobody confirmed counts as none, whatever is stored.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo

from idvault.account import rules as account_rules
from idvault.moderator import rules as moderator_rules
from idvault.sanction.objection.rules import TEXT_DAYS
from idvault_verify import deadline
from idvault_verify.account import Account
from idvault_verify.claim import ClaimState
from idvault_verify.error import DeniedError, Reason, TransitionError
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

    state: as it is stored, FILED while it is proposed (`state`). overdue_at: when it was logged as overdue.
    delete_at: when the text must be deleted; text_deleted_at: when it was. proposed_by: the moderator who
    wants to uphold it; proposal_digest: SHA-256 of what that one signed. decided_by: who rejected or
    confirmed it. rejected_by: who rejected the contest whose place this one took.
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
    proposed_by: str | None = None
    proposed_at: datetime | None = None
    proposal_digest: bytes | None = None
    decided_by: str | None = None
    rejected_by: str | None = None


@dataclass(frozen=True, slots=True)
class ContestedClaim:
    """A claim of the account, as far as a contest needs it. ended_at: None while it waits."""

    claim_id: str
    state: ClaimState
    ended_at: datetime | None
    withdrawn_at: datetime | None


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


def file_again(*, former: Contest, made: Contest) -> Contest:
    """Return a new contest in the place of a rejected one of the same verification."""
    return replace(made, contest_id=former.contest_id, rejected_by=former.decided_by)


def file_after(*, former: Contest, made: Contest) -> Contest:
    """Return a new contest in the place of an upheld one whose withdrawal is reinstated."""
    return replace(made, contest_id=former.contest_id)


def state(*, contest: Contest, now: datetime) -> ContestState:
    """Return the state as of now."""
    waits = contest.state is ContestState.FILED and moderator_rules.is_proposed(case=contest, now=now)
    return ContestState.PROPOSED if waits else contest.state


def reject(
    *, contest: Contest, moderator_id: str, reason: str, terms: ContestTerms, now: datetime
) -> Contest:
    """Return the rejected contest; raises TransitionError, and DeniedError (SELF_APPROVAL)."""
    if contest.state is not ContestState.FILED:
        raise TransitionError(state=contest.state.value, wanted=ContestState.REJECTED.value)
    _check_other(contest, moderator_id)
    bare = replace(contest, proposed_by=None, proposed_at=None, proposal_digest=None, reason=reason)
    return _decided(bare, ContestState.REJECTED, moderator_id, terms, now)


def propose(
    *, contest: Contest, moderator_id: str, reason: str, paper_digest: bytes, now: datetime
) -> Contest:
    """Return the contest with a proposal to uphold it; raises as `reject` does."""
    found = state(contest=contest, now=now)
    if found is not ContestState.FILED:
        raise TransitionError(state=found.value, wanted=ContestState.PROPOSED.value)
    _check_other(contest, moderator_id)
    return replace(
        contest, proposed_by=moderator_id, proposed_at=now, proposal_digest=paper_digest, reason=reason
    )


def confirm(
    *, contest: Contest, moderator_id: str, paper_digest: bytes, terms: ContestTerms, now: datetime
) -> Contest:
    """Return the upheld contest. paper_digest: of the proposal that the moderator has read.

    Raises TransitionError, DeniedError (SELF_APPROVAL) and InvalidError (INVALID_MESSAGE, paper_digest).
    """
    found = state(contest=contest, now=now)
    if found is not ContestState.PROPOSED:
        raise TransitionError(state=found.value, wanted=ContestState.UPHELD.value)
    _check_other(contest, moderator_id)
    moderator_rules.check_confirmation(case=contest, moderator_id=moderator_id, paper_digest=paper_digest)
    return _decided(contest, ContestState.UPHELD, moderator_id, terms, now)


def withdraws(*, contest: Contest, account: Account, claims: Iterable[ContestedClaim]) -> bool:
    """Return whether an upheld contest withdraws the account's verification. claims: of the account."""
    if not account_rules.is_verified(account=account):
        return False
    before = {
        each.claim_id: each.ended_at
        for each in claims
        if each.state is ClaimState.SUCCEEDED
        and each.withdrawn_at is None
        and each.ended_at is not None
        and each.ended_at <= contest.filed_at
    }
    return contest.claim_id in before and before[contest.claim_id] == max(before.values())


def _check_other(contest: Contest, moderator_id: str) -> None:
    if moderator_id == contest.rejected_by:
        raise DeniedError(Reason.SELF_APPROVAL)


def _decided(
    contest: Contest, verdict: ContestState, moderator_id: str, terms: ContestTerms, now: datetime
) -> Contest:
    delete_at = deadline.due_at(start=now, days=TEXT_DAYS, zone=terms.zone)
    return replace(contest, state=verdict, decided_at=now, decided_by=moderator_id, delete_at=delete_at)
