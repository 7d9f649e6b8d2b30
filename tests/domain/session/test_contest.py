"""The life of a contest as tables: what it needs, when it is due, and when its text is deleted."""

from dataclasses import replace
from datetime import timedelta

import pytest

from idvault.sanction.objection import rules as objection_rules
from idvault.session.contest import rules as contest_rules
from idvault.session.contest.rules import Contest, ContestTerms
from idvault_verify import deadline
from idvault_verify.claim import ClaimState
from idvault_verify.error import TransitionError
from idvault_verify.session import ContestState
from tools.support.builders import NOW, TOKEN, ZONE

TERMS = ContestTerms(zone=ZONE)
DUE = deadline.due_at(start=NOW, days=15, zone=ZONE)
FILED = Contest("c" * 32, "platform-a", TOKEN, "d" * 32, ContestState.FILED, NOW, DUE)
TICK = timedelta(microseconds=1)


def filed(state: ClaimState) -> Contest:
    return contest_rules.file(
        contest_id="c" * 32,
        relying_party="platform-a",
        account_token=TOKEN,
        claim_id="d" * 32,
        claim_state=state,
        terms=TERMS,
        now=NOW,
    )


def test_only_a_success_is_contested() -> None:
    """What failed, or waits, verified nobody."""
    assert filed(ClaimState.SUCCEEDED) == FILED
    for state in (ClaimState.PENDING, ClaimState.FAILED):
        with pytest.raises(TransitionError):
            filed(state)


def test_a_contest_becomes_overdue_at_its_due_time() -> None:
    """To the microsecond, once, and not after a decision."""
    assert not objection_rules.is_overdue(FILED, now=DUE - TICK)
    assert objection_rules.note_overdue(FILED, now=DUE - TICK) is FILED
    noted = objection_rules.note_overdue(FILED, now=DUE)
    assert (objection_rules.is_overdue(FILED, now=DUE), noted.overdue_at) == (True, DUE)
    assert objection_rules.note_overdue(noted, now=DUE + TICK) is noted
    decided = contest_rules.decide(
        contest=FILED, verdict=ContestState.UPHELD, reason="seen", terms=TERMS, now=DUE
    )
    assert not objection_rules.is_overdue(decided, now=DUE)


@pytest.mark.parametrize("verdict", [ContestState.UPHELD, ContestState.REJECTED])
def test_a_contest_is_decided_once(verdict: ContestState) -> None:
    """The decision begins the days after which the text is deleted, once."""
    decided = contest_rules.decide(contest=FILED, verdict=verdict, reason="seen", terms=TERMS, now=NOW)
    delete_at = deadline.due_at(start=NOW, days=90, zone=ZONE)
    assert decided == replace(FILED, state=verdict, decided_at=NOW, reason="seen", delete_at=delete_at)
    with pytest.raises(TransitionError):
        contest_rules.decide(contest=decided, verdict=verdict, reason="seen", terms=TERMS, now=NOW)
    assert objection_rules.delete_text(decided, now=delete_at - TICK) is decided
    bare = objection_rules.delete_text(decided, now=delete_at)
    assert (bare.delete_at, bare.text_deleted_at) == (None, delete_at)
    assert objection_rules.delete_text(bare, now=delete_at + TICK) is bare
    assert objection_rules.delete_text(FILED, now=delete_at) is FILED
