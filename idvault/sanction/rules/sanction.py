"""Sanctions by degree: how one comes into force, and how it ends.

| from | verb | to |
|---|---|---|
| (none) | impose, one moderator is enough | IN_FORCE |
| (none) | impose, two moderators are needed | PROPOSED |
| PROPOSED | confirm, by another moderator within 72 hours | IN_FORCE |
| PROPOSED | lift, or 72 hours or its own end pass | LIFTED, LAPSED |
| IN_FORCE | lift, or its end comes | LIFTED, LAPSED |
| IN_FORCE; LIFTED, LAPSED if it was in force | overturn, by an upheld appeal | OVERTURNED |

- CLOSE needs two moderators, and so does every degree that reaches a person's other accounts (PERSON).
- Any other transition is refused, and the refusal names both states.
- A lapse that is due counts even before it is stored.
- A sanction in force gives its account the standing of its degree until its end, whatever else is in force.
- PERSON needs an account whose owner has been verified. What it does to the owner's other accounts is in
  domain.sanction.person.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from idvault.sanction.rules.statement import text_code
from idvault.verify.account import Account, AccountState, StandingPeriod
from idvault.verify.error import (
    DeniedError,
    FieldCode,
    InvalidError,
    PreconditionError,
    Reason,
    TransitionError,
    Violation,
)
from idvault.verify.sanction import STANDINGS, Degree, SanctionState, Scope, StatementOfReasons

CONFIRM_WITHIN = timedelta(hours=72)
_MEASURE_LENGTH = 64
_REASON_LENGTH = 500


_OPEN = frozenset({SanctionState.PROPOSED, SanctionState.IN_FORCE})


@dataclass(frozen=True, slots=True)
class Sanction:
    """A sanction of an account; sanction_id is 32 lower-case hex digits.

    account_token: the account that it names. person_id: the owner's id, of a PERSON sanction only.
    operation_id: the operation that it belongs to. public_account_id: the target, if it is a public account
    of that account's.
    measure: the platform's own code for how publishing is limited. imposed_by, confirmed_by, ended_by:
    moderator ids; ended_by is None after a lapse. paper: the signed imposition, confirmation or lift.
    """

    sanction_id: str
    relying_party: str
    account_token: str
    degree: Degree
    measure: str
    statement: StatementOfReasons
    state: SanctionState
    imposed_by: str
    imposed_at: datetime
    paper: bytes = field(repr=False)
    started_at: datetime | None = None
    confirmed_by: str | None = None
    confirmation: bytes | None = field(default=None, repr=False)
    ended_at: datetime | None = None
    ended_by: str | None = None
    end_reason: str = field(default="", repr=False)
    ending: bytes | None = field(default=None, repr=False)
    scope: Scope = Scope.ACCOUNT
    person_id: str | None = None
    operation_id: str | None = None
    public_account_id: str | None = None

    @property
    def due_at(self) -> datetime | None:
        """When the sanction lapses by itself; None if it does not."""
        if self.state not in _OPEN:
            return None
        ends = [self.statement.end_at] if self.statement.end_at is not None else []
        if self.state is SanctionState.PROPOSED:
            ends.append(self.imposed_at + CONFIRM_WITHIN)
        return min(ends, default=None)


def needs_two(*, degree: Degree, scope: Scope) -> bool:
    """Return whether a second moderator must confirm a sanction."""
    return degree is Degree.CLOSE or scope is Scope.PERSON


def check_measure(*, degree: Degree, measure: str) -> str:
    """Return the measure unchanged; LIMIT needs one and no other degree has one.

    Raises InvalidError (INVALID_MESSAGE, measure).
    """
    code = text_code(measure, limit=_MEASURE_LENGTH)
    if degree is not Degree.LIMIT:
        code = FieldCode.CHARACTER if measure else None
    if code is not None:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("measure", code))
    return measure


def check_target(*, scope: Scope, public_account_id: str | None) -> None:
    """Raise InvalidError (INVALID_MESSAGE, public_account_id) for a public account in scope PERSON."""
    if public_account_id is not None and scope is Scope.PERSON:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("public_account_id", FieldCode.CHARACTER))


def check_reason(reason: str) -> str:
    """Return the reason of a lift unchanged; raises InvalidError (INVALID_MESSAGE, reason)."""
    code = text_code(reason, limit=_REASON_LENGTH)
    if code is not None:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("reason", code))
    return reason


def admit(*, account: Account, sanction: Sanction) -> Sanction:
    """Return a new sanction of an account, with the account's owner if it is of scope PERSON.

    Raises PreconditionError (ACCOUNT_ERASED, PERSON_UNKNOWN) if it cannot be imposed.
    """
    if account.state is AccountState.ERASED:
        raise PreconditionError(Reason.ACCOUNT_ERASED)
    if sanction.scope is Scope.ACCOUNT:
        return sanction
    if account.person_id is None:
        raise PreconditionError(Reason.PERSON_UNKNOWN)
    return replace(sanction, person_id=account.person_id)


def impose(
    *,
    sanction_id: str,
    relying_party: str,
    account_token: str,
    scope: Scope,
    degree: Degree,
    measure: str,
    operation_id: str | None,
    statement: StatementOfReasons,
    moderator_id: str,
    paper: bytes,
    now: datetime,
    public_account_id: str | None = None,
) -> Sanction:
    """Return a new sanction: in force at once, or proposed if a second moderator must confirm it."""
    proposed = needs_two(degree=degree, scope=scope)
    return Sanction(
        sanction_id,
        relying_party,
        account_token,
        degree,
        measure,
        statement,
        SanctionState.PROPOSED if proposed else SanctionState.IN_FORCE,
        moderator_id,
        now,
        paper,
        started_at=None if proposed else now,
        scope=scope,
        operation_id=operation_id,
        public_account_id=public_account_id,
    )


def fall(*, sanction: Sanction, now: datetime) -> Sanction:
    """Return the sanction as of now: LAPSED if that is due."""
    due_at = sanction.due_at
    if due_at is None or due_at > now:
        return sanction
    return replace(sanction, state=SanctionState.LAPSED, ended_at=due_at)


def confirm(*, sanction: Sanction, moderator_id: str, paper: bytes, now: datetime) -> Sanction:
    """Return a proposed sanction in force; raises TransitionError, and DeniedError (SELF_APPROVAL)."""
    present = fall(sanction=sanction, now=now)
    if present.state is not SanctionState.PROPOSED:
        raise TransitionError(state=present.state.value, wanted=SanctionState.IN_FORCE.value)
    if moderator_id == sanction.imposed_by:
        raise DeniedError(Reason.SELF_APPROVAL)
    return replace(
        sanction,
        state=SanctionState.IN_FORCE,
        started_at=now,
        confirmed_by=moderator_id,
        confirmation=paper,
    )


def lift(*, sanction: Sanction, moderator_id: str, reason: str, paper: bytes, now: datetime) -> Sanction:
    """Return a sanction lifted before its end, or a proposal withdrawn; raises TransitionError."""
    present = fall(sanction=sanction, now=now)
    if present.state not in _OPEN:
        raise TransitionError(state=present.state.value, wanted=SanctionState.LIFTED.value)
    return replace(
        sanction,
        state=SanctionState.LIFTED,
        ended_at=now,
        ended_by=moderator_id,
        end_reason=reason,
        ending=paper,
    )


def overturn(*, sanction: Sanction, moderator_id: str, reason: str, paper: bytes, now: datetime) -> Sanction:
    """Return the sanction as overturned; one that has ended before keeps the time and kind of its end.

    Raises TransitionError.
    """
    present = fall(sanction=sanction, now=now)
    if present.started_at is None or present.state is SanctionState.OVERTURNED:
        raise TransitionError(state=present.state.value, wanted=SanctionState.OVERTURNED.value)
    if present.state is not SanctionState.IN_FORCE:
        return replace(present, state=SanctionState.OVERTURNED)
    return replace(
        present,
        state=SanctionState.OVERTURNED,
        ended_at=now,
        ended_by=moderator_id,
        end_reason=reason,
        ending=paper,
    )


def period(sanction: Sanction) -> StandingPeriod | None:
    """Return the standing that a sanction gives its account; None unless it is in force."""
    if sanction.state is not SanctionState.IN_FORCE:
        return None
    return StandingPeriod(STANDINGS[sanction.degree], sanction.statement.end_at)
