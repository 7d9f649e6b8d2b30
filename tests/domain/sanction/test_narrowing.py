"""The life of a narrowing as tables: what must be narrowed, by whom, and until when."""

from dataclasses import replace
from datetime import timedelta

import pytest

from idvault.moderator import rules as moderator_rules
from idvault.sanction import rules as sanction_rules
from idvault.sanction.narrowing import rules
from idvault.sanction.narrowing.rules import Narrowing
from idvault.sanction.rules import Sanction
from idvault_verify.account import AccountState
from idvault_verify.error import DeniedError, InvalidError, PreconditionError, Reason, TransitionError
from idvault_verify.sanction import Degree, NarrowingState, SanctionState, Scope
from tools.support import builders
from tools.support.builders import NOW, TOKEN
from tools.support.sanction_world import reasons

FIRST, SECOND, IMPOSED, CONFIRMED = ("1" * 32, "2" * 32, "3" * 32, "4" * 32)
PERSON, DIGEST, DUE = "9" * 32, b"p" * 32, NOW + timedelta(days=15)
TICK = timedelta(microseconds=1)
HOURS = moderator_rules.CONFIRM_WITHIN
SANCTION = Sanction(
    "a" * 32,
    "platform-a",
    TOKEN,
    Degree.CLOSE,
    "",
    reasons(),
    SanctionState.IN_FORCE,
    IMPOSED,
    NOW,
    b"paper",
    started_at=NOW,
    confirmed_by=CONFIRMED,
    scope=Scope.PERSON,
    person_id=PERSON,
)
OPEN = rules.begin(sanction=SANCTION, due_at=DUE, now=NOW)


def proposed(narrowing: Narrowing = OPEN, *, by: str = FIRST, sanction: Sanction = SANCTION) -> Narrowing:
    return rules.propose(
        narrowing=narrowing, sanction=sanction, moderator_id=by, paper_digest=DIGEST, now=NOW
    )


def confirmed(
    narrowing: Narrowing, *, by: str = SECOND, hours: timedelta = timedelta(0), digest: bytes = DIGEST
) -> Narrowing:
    return rules.confirm(
        narrowing=narrowing, sanction=SANCTION, moderator_id=by, paper_digest=digest, now=NOW + hours
    )


def test_what_falls_on_the_person() -> None:
    """One in force, of the person or of an account that publishes, which was not narrowed before."""
    of_account = replace(SANCTION, scope=Scope.ACCOUNT, person_id=None)
    for sanction, publishes, expected in (
        (SANCTION, False, True),
        (of_account, False, False),
        (of_account, True, True),
        (replace(SANCTION, state=SanctionState.PROPOSED), True, False),
        (replace(SANCTION, state=SanctionState.LIFTED), True, False),
        (replace(of_account, narrowed_at=NOW), True, False),
    ):
        assert rules.falls_on_person(sanction=sanction, publishes=publishes) is expected


def test_two_others_narrow_a_sanction() -> None:
    """Neither imposed nor confirmed it, the second is another than the first, within 72 hours."""
    asked = proposed()
    last = HOURS - TICK
    states = [rules.state(narrowing=asked, now=NOW + each) for each in (last, HOURS)]
    assert states == [NarrowingState.PROPOSED, NarrowingState.OPEN]
    done = confirmed(asked, hours=last)
    assert (done.confirmed_by, done.narrowed_at) == (SECOND, NOW + last)
    assert rules.state(narrowing=done, now=NOW + last) is NarrowingState.NARROWED
    for by in (IMPOSED, CONFIRMED):
        with pytest.raises(DeniedError):
            proposed(by=by)
        with pytest.raises(DeniedError):
            confirmed(asked, by=by)
    with pytest.raises(DeniedError):
        confirmed(asked, by=FIRST)
    with pytest.raises(InvalidError):
        confirmed(asked, digest=b"q" * 32)
    for wrong in (OPEN, done):
        with pytest.raises(TransitionError):
            confirmed(wrong)
    for wrong in (asked, done):
        with pytest.raises(TransitionError):
            proposed(wrong)
    with pytest.raises(TransitionError):
        confirmed(asked, hours=HOURS)


def test_what_has_ended_is_not_narrowed() -> None:
    """Also if its end has come and is not stored."""
    for sanction in (
        replace(SANCTION, state=SanctionState.LIFTED),
        replace(SANCTION, statement=reasons(end_at=NOW)),
    ):
        with pytest.raises(PreconditionError) as refused:
            proposed(sanction=sanction)
        assert refused.value.reason is Reason.NARROWING_NOT_DUE


def test_a_narrowed_sanction_is_one_of_the_account() -> None:
    """Its state, its degree and its end stay."""
    done = rules.narrowed(sanction=SANCTION, now=NOW)
    assert done == replace(SANCTION, scope=Scope.ACCOUNT, person_id=None, narrowed_at=NOW)


def test_it_is_overdue_once() -> None:
    """From its due time on, to the microsecond, until it is narrowed."""
    assert rules.note_overdue(narrowing=OPEN, now=DUE - TICK) is OPEN
    noted = rules.note_overdue(narrowing=OPEN, now=DUE)
    assert noted.overdue_at == DUE
    assert rules.note_overdue(narrowing=noted, now=DUE + TICK) is noted
    assert not rules.is_overdue(narrowing=confirmed(proposed()), now=DUE)


def test_a_proposed_sanction_of_nobody_is_not_confirmed() -> None:
    """An account whose verification was withdrawn belongs to nobody; a sanction of the account is fine."""
    account = builders.account(state=AccountState.REVOKED)
    with pytest.raises(PreconditionError):
        sanction_rules.check_owner(account=account, sanction=SANCTION)
    sanction_rules.check_owner(account=replace(account, person_id=PERSON), sanction=SANCTION)
    own = rules.narrowed(sanction=SANCTION, now=NOW)
    sanction_rules.check_owner(account=account, sanction=own)
