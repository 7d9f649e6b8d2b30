"""The life of a sanction: which verb leads where, who may, and when it lapses."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from idvault.moderator import rules as moderator_rules
from idvault.sanction import rules as sanction_rules
from idvault.sanction.rules import NewSanction, Sanction
from idvault_verify import sanction as verify_sanction
from idvault_verify import statement as verify_statement
from idvault_verify.account import AccountState, Standing, StandingPeriod
from idvault_verify.error import DeniedError, InvalidError, PreconditionError, Reason, TransitionError
from idvault_verify.sanction import Degree, SanctionState, Scope
from tools.support import builders
from tools.support.builders import NOW, TOKEN
from tools.support.sanction_world import reasons

LATER = NOW + timedelta(days=1)
SECOND = timedelta(seconds=1)
PROPOSED, IN_FORCE = SanctionState.PROPOSED, SanctionState.IN_FORCE
LIFTED, LAPSED = SanctionState.LIFTED, SanctionState.LAPSED


def imposed(degree: Degree = Degree.WARN, scope: Scope = Scope.ACCOUNT, **changes: Any) -> Sanction:
    return sanction_rules.impose(
        NewSanction(TOKEN, scope, degree, "", reasons(**changes)),
        sanction_id="a" * 32,
        relying_party="platform-a",
        moderator_id="1" * 32,
        paper=b"imposed",
        now=NOW,
    )


def in_state(state: SanctionState) -> Sanction:
    return replace(imposed(Degree.CLOSE), state=state)


def confirmed(sanction: Sanction, by: str = "2" * 32) -> Sanction:
    return sanction_rules.confirm(sanction=sanction, moderator_id=by, paper=b"confirmed", now=LATER)


def lifted(sanction: Sanction) -> Sanction:
    return sanction_rules.lift(
        sanction=sanction, moderator_id="3" * 32, reason="a mistake", paper=b"lifted", now=LATER
    )


@pytest.mark.parametrize("scope", Scope)
@pytest.mark.parametrize("degree", Degree)
def test_who_is_needed(degree: Degree, scope: Scope) -> None:
    """One moderator is enough for an account and every degree but CLOSE."""
    made = imposed(degree, scope)
    if degree is Degree.CLOSE or scope is Scope.PERSON:
        assert (made.state, made.started_at) == (PROPOSED, None)
        assert sanction_rules.period(made) is None
    else:
        assert (made.state, made.started_at) == (IN_FORCE, NOW)
        assert sanction_rules.period(made) == StandingPeriod(verify_sanction.STANDINGS[degree])


def test_degrees_are_ordered_as_standings() -> None:
    """Each degree leads to the standing of its place."""
    assert [verify_sanction.STANDINGS[degree] for degree in Degree] == list(Standing)[1:]


def test_another_moderator_confirms() -> None:
    """The second moderator puts it into force; the same one is refused."""
    proposed = imposed(Degree.CLOSE)
    made = confirmed(proposed)
    assert (made.state, made.started_at, made.confirmed_by) == (IN_FORCE, LATER, "2" * 32)
    assert made.confirmation == b"confirmed"
    with pytest.raises(DeniedError) as refused:
        confirmed(proposed, by=proposed.imposed_by)
    assert refused.value.reason is Reason.SELF_APPROVAL


@pytest.mark.parametrize("state", [IN_FORCE, LIFTED, LAPSED])
def test_only_a_proposal_is_confirmed(state: SanctionState) -> None:
    """The refusal names both states."""
    with pytest.raises(TransitionError) as refused:
        confirmed(in_state(state))
    assert (refused.value.state, refused.value.wanted) == (state.value, "IN_FORCE")
    assert refused.value.reason is Reason.ILLEGAL_TRANSITION


@pytest.mark.parametrize("state", SanctionState)
def test_what_is_open_is_lifted(state: SanctionState) -> None:
    """A proposal and a sanction in force are lifted; the refusal of any other names both states."""
    if state in (PROPOSED, IN_FORCE):
        made = lifted(in_state(state))
        assert (made.state, made.ended_at, made.ended_by, made.end_reason, made.ending) == (
            LIFTED,
            LATER,
            "3" * 32,
            "a mistake",
            b"lifted",
        )
        assert sanction_rules.period(made) is None
        return
    with pytest.raises(TransitionError) as refused:
        lifted(in_state(state))
    assert (refused.value.state, refused.value.wanted) == (state.value, "LIFTED")


def test_an_unconfirmed_proposal_lapses_after_72_hours() -> None:
    """To the second; it is then neither confirmed nor lifted."""
    proposed = imposed(Degree.CLOSE)
    due = NOW + moderator_rules.CONFIRM_WITHIN
    assert proposed.due_at == due
    assert sanction_rules.fall(sanction=proposed, now=due - SECOND) == proposed
    fallen = sanction_rules.fall(sanction=proposed, now=due)
    assert (fallen.state, fallen.ended_at, fallen.ended_by, fallen.due_at) == (LAPSED, due, None, None)
    with pytest.raises(TransitionError) as refused:
        sanction_rules.confirm(sanction=proposed, moderator_id="2" * 32, paper=b"", now=due)
    assert refused.value.state == "LAPSED"


def test_a_sanction_lapses_at_its_end() -> None:
    """The end of the statement counts, also for a proposal that it precedes."""
    limited = imposed(end_at=LATER)
    assert sanction_rules.period(limited) == StandingPeriod(Standing.WARNED, LATER)
    assert sanction_rules.fall(sanction=limited, now=LATER - SECOND) == limited
    assert sanction_rules.fall(sanction=limited, now=LATER).state is LAPSED
    assert imposed(Degree.CLOSE, end_at=LATER).due_at == LATER
    assert confirmed(imposed(Degree.CLOSE)).due_at is None
    assert imposed().due_at is None


def test_a_limit_has_a_measure() -> None:
    """LIMIT says how; no other degree does."""
    assert verify_statement.check_measure(degree=Degree.LIMIT, measure="comments-only") == "comments-only"
    for degree in Degree:
        with pytest.raises(InvalidError):
            verify_statement.check_measure(degree=degree, measure="" if degree is Degree.LIMIT else "x")
    assert verify_statement.check_measure(degree=Degree.WARN, measure="") == ""


def test_what_is_wanted_is_checked() -> None:
    """Measure, target and statement are; an end is in whole seconds."""
    ends = NOW + timedelta(days=1, microseconds=17)
    wanted = NewSanction(TOKEN, Scope.ACCOUNT, Degree.LIMIT, "comments-only", reasons(end_at=ends))
    end_at = sanction_rules.check_wanted(wanted, now=NOW).statement.end_at
    assert end_at == ends.replace(microsecond=0)
    for wrong in (
        replace(wanted, measure=""),
        replace(wanted, scope=Scope.PERSON, public_account_id="e" * 32),
        replace(wanted, statement=reasons(end_at=NOW - timedelta(days=1))),
    ):
        with pytest.raises(InvalidError):
            sanction_rules.check_wanted(wrong, now=NOW)


def test_a_lift_has_a_reason() -> None:
    """A lift without a reason is refused."""
    assert sanction_rules.check_reason("a mistake") == "a mistake"
    for reason in ("", " ", "a" * 501, "a\tb"):
        with pytest.raises(InvalidError):
            sanction_rules.check_reason(reason)


def test_nothing_is_imposed_on_an_erased_account() -> None:
    """Any other account can be sanctioned."""
    for state in AccountState:
        account = builders.account(state=state)
        if state is AccountState.ERASED:
            with pytest.raises(PreconditionError):
                sanction_rules.admit(account=account, sanction=imposed())
        else:
            assert sanction_rules.admit(account=account, sanction=imposed()) == imposed()


def test_a_person_is_known_after_a_verification() -> None:
    """Scope PERSON needs an account with an owner and keeps the owner's id; scope ACCOUNT keeps none."""
    made = imposed(scope=Scope.PERSON)
    with pytest.raises(PreconditionError) as refused:
        sanction_rules.admit(account=builders.account(), sanction=made)
    assert refused.value.reason is Reason.PERSON_UNKNOWN
    owned = builders.account(person_id=builders.PERSON)
    assert sanction_rules.admit(account=owned, sanction=made).person_id == builders.PERSON
    assert sanction_rules.admit(account=owned, sanction=imposed()).person_id is None


def overturned(sanction: Sanction) -> Sanction:
    return sanction_rules.overturn(
        sanction=sanction, moderator_id="4" * 32, reason="upheld", paper=b"decided", now=LATER
    )


def test_an_upheld_appeal_overturns() -> None:
    """What is in force ends by it; what has ended before keeps its end."""
    ended = overturned(imposed())
    assert ended == replace(
        imposed(),
        state=SanctionState.OVERTURNED,
        ended_at=LATER,
        ended_by="4" * 32,
        end_reason="upheld",
        ending=b"decided",
    )
    assert (ended.due_at, sanction_rules.period(ended)) == (None, None)
    former = lifted(imposed())
    assert overturned(former) == replace(former, state=SanctionState.OVERTURNED)
    lapsing = imposed(end_at=NOW + SECOND)
    assert overturned(lapsing) == replace(lapsing, state=SanctionState.OVERTURNED, ended_at=NOW + SECOND)


def test_what_is_not_overturned() -> None:
    """A proposal was never in force, and nothing is overturned twice; the refusal names both states."""
    for sanction, state in (
        (imposed(Degree.CLOSE), "PROPOSED"),
        (lifted(imposed(Degree.CLOSE)), "LIFTED"),
        (overturned(imposed()), "OVERTURNED"),
    ):
        with pytest.raises(TransitionError) as refused:
            overturned(sanction)
        assert (refused.value.state, refused.value.wanted) == (state, "OVERTURNED")
    with pytest.raises(TransitionError) as told:
        lifted(overturned(imposed()))
    assert (told.value.state, told.value.wanted) == ("OVERTURNED", "LIFTED")


def test_a_public_account_is_no_person() -> None:
    """A sanction of a public account has scope ACCOUNT."""
    verify_statement.check_target(scope=Scope.ACCOUNT, public_account_id="f" * 32)
    verify_statement.check_target(scope=Scope.PERSON, public_account_id=None)
    with pytest.raises(InvalidError) as refused:
        verify_statement.check_target(scope=Scope.PERSON, public_account_id="f" * 32)
    assert [each.field for each in refused.value.violations] == ["public_account_id"]
