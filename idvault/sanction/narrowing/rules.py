"""Narrowing: a sanction of a withdrawn account (account.rules) is made to concern that account alone.

| from | verb | to |
|---|---|---|
| (none) | begin, when the verification of its account is withdrawn | OPEN |
| OPEN | propose | PROPOSED |
| PROPOSED | confirm, by another moderator within 72 hours | NARROWED |
| PROPOSED | 72 hours pass | OPEN |

- What must be narrowed is in force and falls on the person whose verification was withdrawn: it is of scope
  PERSON, or it is one of an account with public accounts, which count among the person's while it is
  sanctioned.
- A withdrawal frees nobody by itself. Each sanction is narrowed by two moderators, by its name, and none of
  them imposed or confirmed it: so a closed person who contests their own verification escapes nothing.
- It is due by the day by which a contest that was filed with the withdrawal would be. One that is not
  narrowed by then is overdue, once in the public log.
- Once everything is narrowed, the public accounts are not the person's any more.
- A sanction that has ended, or whose account is verified again, needs no narrowing any more.
- A proposal that nobody confirmed counts as none, whatever is stored.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from idvault.moderator import rules as moderator_rules
from idvault.sanction import rules as sanction_rules
from idvault.sanction.rules import Sanction
from idvault_verify.error import (
    DeniedError,
    PreconditionError,
    Reason,
    TransitionError,
)
from idvault_verify.sanction import NarrowingState, SanctionState, Scope


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A sanction that must be narrowed.

    overdue_at: when it was logged as overdue. proposed_by, confirmed_by: moderator ids. proposal_digest:
    SHA-256 of what the first one signed.
    """

    sanction_id: str
    account_token: str
    relying_party: str
    began_at: datetime
    due_at: datetime
    overdue_at: datetime | None = None
    proposed_by: str | None = None
    proposed_at: datetime | None = None
    proposal_digest: bytes | None = None
    confirmed_by: str | None = None
    narrowed_at: datetime | None = None


def falls_on_person(*, sanction: Sanction, publishes: bool) -> bool:
    """Return whether a sanction of an account falls on its person, too. publishes: with public accounts."""
    if sanction.state is not SanctionState.IN_FORCE or sanction.narrowed_at is not None:
        return False
    return sanction.scope is Scope.PERSON or publishes


def begin(*, sanction: Sanction, due_at: datetime, now: datetime) -> Narrowing:
    """Return the narrowing of a sanction that falls on a person whose verification is withdrawn."""
    return Narrowing(sanction.sanction_id, sanction.account_token, sanction.relying_party, now, due_at)


def state(*, narrowing: Narrowing, now: datetime) -> NarrowingState:
    """Return the state as of now."""
    if narrowing.narrowed_at is not None:
        return NarrowingState.NARROWED
    waits = moderator_rules.is_proposed(case=narrowing, now=now)
    return NarrowingState.PROPOSED if waits else NarrowingState.OPEN


def propose(
    *, narrowing: Narrowing, sanction: Sanction, moderator_id: str, paper_digest: bytes, now: datetime
) -> Narrowing:
    """Return the narrowing as proposed; raises TransitionError, and as `_check` does."""
    _check_state(narrowing, now, needed=NarrowingState.OPEN, wanted=NarrowingState.PROPOSED)
    _check(sanction, moderator_id, now)
    return replace(narrowing, proposed_by=moderator_id, proposed_at=now, proposal_digest=paper_digest)


def confirm(
    *, narrowing: Narrowing, sanction: Sanction, moderator_id: str, paper_digest: bytes, now: datetime
) -> Narrowing:
    """Return the narrowing as confirmed. paper_digest: of the proposal that the moderator has read.

    Raises TransitionError, InvalidError (INVALID_MESSAGE, paper_digest), and as `_check` does.
    """
    _check_state(narrowing, now, needed=NarrowingState.PROPOSED, wanted=NarrowingState.NARROWED)
    _check(sanction, moderator_id, now)
    moderator_rules.check_confirmation(case=narrowing, moderator_id=moderator_id, paper_digest=paper_digest)
    return replace(narrowing, confirmed_by=moderator_id, narrowed_at=now)


def _check_state(
    narrowing: Narrowing, now: datetime, *, needed: NarrowingState, wanted: NarrowingState
) -> None:
    found = state(narrowing=narrowing, now=now)
    if found is not needed:
        raise TransitionError(state=found.value, wanted=wanted.value)


def _check(sanction: Sanction, moderator_id: str, now: datetime) -> None:
    """Raise PreconditionError (NARROWING_NOT_DUE) or DeniedError (SELF_APPROVAL)."""
    if sanction_rules.fall(sanction=sanction, now=now).state is not SanctionState.IN_FORCE:
        raise PreconditionError(Reason.NARROWING_NOT_DUE)
    if moderator_id in (sanction.imposed_by, sanction.confirmed_by):
        raise DeniedError(Reason.SELF_APPROVAL)


def narrowed(*, sanction: Sanction, now: datetime) -> Sanction:
    """Return the sanction as one of its account alone."""
    return replace(sanction, scope=Scope.ACCOUNT, person_id=None, narrowed_at=now)


def is_overdue(*, narrowing: Narrowing, now: datetime) -> bool:
    """Return whether one is not narrowed and was due."""
    return narrowing.narrowed_at is None and narrowing.due_at <= now


def note_overdue(*, narrowing: Narrowing, now: datetime) -> Narrowing:
    """Return it marked as overdue, if it is overdue and not yet marked."""
    if narrowing.overdue_at is not None or not is_overdue(narrowing=narrowing, now=now):
        return narrowing
    return replace(narrowing, overdue_at=now)
