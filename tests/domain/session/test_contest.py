"""The life of a contest as tables: what it needs, when it is due, who decides it, and what it withdraws."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from idvault.moderator import rules as moderator_rules
from idvault.sanction.objection import rules as objection_rules
from idvault.session.contest import rules as contest_rules
from idvault.session.contest.rules import Contest, ContestedClaim, ContestTerms
from idvault_verify import deadline
from idvault_verify.account import AccountState
from idvault_verify.claim import ClaimState
from idvault_verify.error import DeniedError, InvalidError, TransitionError
from idvault_verify.session import ContestState
from tools.support import builders
from tools.support.builders import NOW, TOKEN, ZONE

TERMS = ContestTerms(zone=ZONE)
DUE = deadline.due_at(start=NOW, days=15, zone=ZONE)
CLAIM, FIRST, SECOND, THIRD = "d" * 32, "1" * 32, "2" * 32, "3" * 32
DIGEST = b"p" * 32
FILED = Contest("c" * 32, "platform-a", TOKEN, CLAIM, ContestState.FILED, NOW, DUE)
TICK = timedelta(microseconds=1)
HOURS = moderator_rules.CONFIRM_WITHIN


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


def rejected(
    contest: Contest = FILED, *, by: str = FIRST, now: datetime = NOW, terms: ContestTerms = TERMS
) -> Contest:
    return contest_rules.reject(contest=contest, moderator_id=by, reason="seen", terms=terms, now=now)


def proposed(contest: Contest = FILED, *, by: str = FIRST, now: datetime = NOW) -> Contest:
    return contest_rules.propose(
        contest=contest, moderator_id=by, reason="seen", paper_digest=DIGEST, now=now
    )


def confirmed(contest: Contest, *, by: str = SECOND, now: datetime = NOW, digest: bytes = DIGEST) -> Contest:
    return contest_rules.confirm(contest=contest, moderator_id=by, paper_digest=digest, terms=TERMS, now=now)


def test_only_a_success_is_contested() -> None:
    """What failed, or waits, verified nobody."""
    assert filed(ClaimState.SUCCEEDED) == FILED
    for state in (ClaimState.PENDING, ClaimState.FAILED):
        with pytest.raises(TransitionError):
            filed(state)


def test_a_contest_becomes_overdue_at_its_due_time() -> None:
    """To the microsecond, once, also while it is proposed, and not after a decision."""
    assert not objection_rules.is_overdue(FILED, now=DUE - TICK)
    assert objection_rules.note_overdue(FILED, now=DUE - TICK) is FILED
    noted = objection_rules.note_overdue(FILED, now=DUE)
    assert (objection_rules.is_overdue(FILED, now=DUE), noted.overdue_at) == (True, DUE)
    assert objection_rules.note_overdue(noted, now=DUE + TICK) is noted
    assert objection_rules.is_overdue(proposed(now=DUE - TICK), now=DUE)
    assert not objection_rules.is_overdue(rejected(now=DUE), now=DUE)


def test_a_rejected_contest_is_decided_once() -> None:
    """The decision begins the days after which the text is deleted, once."""
    decided = rejected()
    delete_at = deadline.due_at(start=NOW, days=90, zone=ZONE)
    assert decided == replace(
        FILED,
        state=ContestState.REJECTED,
        decided_at=NOW,
        decided_by=FIRST,
        reason="seen",
        delete_at=delete_at,
    )
    for again in (rejected, proposed, confirmed):
        with pytest.raises(TransitionError):
            again(decided)
    assert objection_rules.delete_text(decided, now=delete_at - TICK) is decided
    bare = objection_rules.delete_text(decided, now=delete_at)
    assert (bare.delete_at, bare.text_deleted_at) == (None, delete_at)
    assert objection_rules.delete_text(bare, now=delete_at + TICK) is bare
    assert objection_rules.delete_text(FILED, now=delete_at) is FILED


def test_two_moderators_uphold_a_contest() -> None:
    """The second one within 72 hours, of the proposal that was read; then it is filed as before."""
    asked = proposed()
    assert (asked.state, asked.due_at) == (ContestState.FILED, DUE)
    last = NOW + HOURS - TICK
    assert contest_rules.state(contest=asked, now=last) is ContestState.PROPOSED
    assert contest_rules.state(contest=asked, now=NOW + HOURS) is ContestState.FILED
    assert contest_rules.state(contest=FILED, now=NOW) is ContestState.FILED
    assert moderator_rules.lapses_at(case=FILED) is None
    upheld = confirmed(asked, now=last)
    assert (upheld.state, upheld.decided_by) == (ContestState.UPHELD, SECOND)
    assert contest_rules.state(contest=upheld, now=last) is ContestState.UPHELD
    with pytest.raises(DeniedError):
        confirmed(asked, by=FIRST)
    with pytest.raises(InvalidError):
        confirmed(asked, digest=b"q" * 32)
    with pytest.raises(TransitionError):
        confirmed(asked, now=NOW + HOURS)
    with pytest.raises(TransitionError):
        proposed(asked, by=SECOND)
    assert proposed(asked, by=SECOND, now=NOW + HOURS).proposed_by == SECOND
    # The second moderator may see it otherwise.
    other = rejected(asked, by=SECOND)
    assert (other.state, other.proposed_by, other.proposal_digest) == (ContestState.REJECTED, None, None)


def test_a_rejected_contest_gives_its_place_to_another() -> None:
    """It is a new one with its own times, under the same id, and not decided by who rejected the first."""
    later = NOW + timedelta(days=3)
    made = contest_rules.file(
        contest_id="e" * 32,
        relying_party="platform-a",
        account_token=TOKEN,
        claim_id=CLAIM,
        claim_state=ClaimState.SUCCEEDED,
        terms=TERMS,
        now=later,
    )
    again = contest_rules.file_again(former=rejected(by=THIRD), made=made)
    assert again == replace(made, contest_id="c" * 32, rejected_by=THIRD)
    for decide in (rejected, proposed):
        with pytest.raises(DeniedError):
            decide(again, by=THIRD)
    with pytest.raises(DeniedError):
        confirmed(proposed(again, now=later), by=THIRD, now=later)


def test_only_what_was_newest_is_withdrawn() -> None:
    """A renewal after the filing is no way out; a former verification is not what the account lives of."""

    def ended(claim_id: str, hours: float | None, **changes: object) -> ContestedClaim:
        at = None if hours is None else NOW + timedelta(hours=hours)
        made = ContestedClaim(claim_id, ClaimState.SUCCEEDED, at, None)
        return replace(made, **changes)  # type: ignore[arg-type]

    mine, other = ended(CLAIM, -1), "f" * 32
    for claims, expected in (
        ([mine], True),
        ([mine, ended(other, -2)], True),
        ([mine, ended(other, 1)], True),
        ([mine, ended(other, -0.5)], False),
        ([mine, ended(other, -0.5, state=ClaimState.FAILED)], True),
        ([mine, ended(other, None, state=ClaimState.PENDING)], True),
        ([ended(CLAIM, -1, withdrawn_at=NOW)], False),
        ([], False),
    ):
        account = builders.account(state=AccountState.VERIFIED)
        found = contest_rules.withdraws(contest=FILED, account=account, claims=claims)
        assert found is expected, claims
    for state in AccountState:
        account = builders.account(state=state)
        expected = state in (AccountState.VERIFIED, AccountState.EXPIRED)
        assert contest_rules.withdraws(contest=FILED, account=account, claims=[mine]) is expected
