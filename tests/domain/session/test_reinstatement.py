"""Appeals against withdrawals as tables: who files when, who decides, and what can come back."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from idvault.account import rules as account_rules
from idvault.account.rules import Withdrawal, WithdrawalCause
from idvault.moderator import rules as moderator_rules
from idvault.sanction.objection import rules as objection_rules
from idvault.session.contest import rules as contest_rules
from idvault.session.contest.rules import Contest, ContestTerms
from idvault.session.reinstatement import rules
from idvault.session.reinstatement.rules import Reinstatement, ReinstatementTerms
from idvault_verify import deadline
from idvault_verify.account import Account, AccountState, Assurance, Standing, StandingPeriod
from idvault_verify.error import DeniedError, InvalidError, PreconditionError, Reason, TransitionError
from idvault_verify.organization import OrganizationCategory
from idvault_verify.session import ContestState, ReinstatementState
from tools.support import builders
from tools.support.builders import NOW, TOKEN, ZONE

TERMS = ReinstatementTerms(ZONE, 5)
DUE = deadline.due_at(start=NOW, days=15, zone=ZONE)
FIRST, SECOND, THIRD, FOURTH = "1" * 32, "2" * 32, "3" * 32, "4" * 32
DIGEST = b"p" * 32
TICK = timedelta(microseconds=1)
REVOKED = builders.account(state=AccountState.REVOKED, revision=9)
WITHDRAWAL = Withdrawal(
    "f" * 32,
    "platform-a",
    TOKEN,
    WithdrawalCause.CONTEST,
    "c" * 32,
    "9" * 32,
    NOW,
    AccountState.VERIFIED,
    frozenset({Assurance.REGISTRY_MATCH}),
    date(2025, 6, 1),
    date(2026, 6, 1),
    OrganizationCategory.COMPANY,
    forget_at=NOW + account_rules.KEPT_FOR,
)
FILED = Reinstatement("e" * 32, "platform-a", TOKEN, "f" * 32, ReinstatementState.FILED, NOW, DUE)


def filed(account: Account = REVOKED, *, now: datetime = NOW) -> Reinstatement:
    return rules.file(reinstatement_id="e" * 32, account=account, withdrawal=WITHDRAWAL, terms=TERMS, now=now)


def rejected(
    appeal: Reinstatement = FILED, *, by: str = THIRD, others: Sequence[str] = (FIRST, SECOND)
) -> Reinstatement:
    return rules.reject(
        reinstatement=appeal, withdrawn_by=others, moderator_id=by, reason="seen", terms=TERMS, now=NOW
    )


def proposed(
    appeal: Reinstatement = FILED,
    *,
    by: str = THIRD,
    now: datetime = NOW,
    others: Sequence[str] = (FIRST, SECOND),
) -> Reinstatement:
    return rules.propose(
        reinstatement=appeal,
        withdrawn_by=others,
        moderator_id=by,
        reason="seen",
        paper_digest=DIGEST,
        now=now,
    )


def confirmed(
    appeal: Reinstatement,
    *,
    by: str = FOURTH,
    now: datetime = NOW,
    digest: bytes = DIGEST,
    others: Sequence[str] = (FIRST, SECOND),
) -> Reinstatement:
    return rules.confirm(
        reinstatement=appeal,
        withdrawn_by=others,
        moderator_id=by,
        paper_digest=digest,
        terms=TERMS,
        now=now,
    )


def test_a_revoked_account_appeals_for_fifteen_days() -> None:
    """To the microsecond; nothing else is appealed."""
    assert filed() == FILED
    last = rules.file_until(withdrawal=WITHDRAWAL, zone=ZONE)
    assert filed(now=last - TICK).filed_at == last - TICK
    with pytest.raises(PreconditionError) as late:
        filed(now=last)
    assert late.value.reason is Reason.REINSTATEMENT_TOO_LATE
    for state in AccountState:
        if state is not AccountState.REVOKED:
            with pytest.raises(TransitionError):
                filed(builders.account(state=state))
    with pytest.raises(TransitionError):
        rules.file(reinstatement_id="e" * 32, account=REVOKED, withdrawal=None, terms=TERMS, now=NOW)


def test_another_pair_decides() -> None:
    """Neither of those who withdrew has a say, and nobody upholds alone."""
    for by in (FIRST, SECOND):
        for decide in (rejected, proposed):
            with pytest.raises(DeniedError):
                decide(by=by)
        with pytest.raises(DeniedError):
            confirmed(proposed(), by=by)
    with pytest.raises(DeniedError):
        confirmed(proposed(), by=THIRD)
    # Of a withdrawal that nobody decided, anybody may.
    assert rejected(by=FIRST, others=()).decided_by == FIRST
    assert confirmed(proposed(by=FIRST, others=()), by=SECOND, others=()).decided_by == SECOND


def test_it_is_upheld_by_two_or_rejected() -> None:
    """The second within 72 hours, of the proposal that was read; any other step is refused."""
    asked = proposed()
    last = NOW + moderator_rules.CONFIRM_WITHIN - TICK
    assert (asked.state, asked.due_at) == (ReinstatementState.FILED, DUE)
    assert rules.state(reinstatement=asked, now=last) is ReinstatementState.PROPOSED
    assert rules.state(reinstatement=asked, now=last + TICK) is ReinstatementState.FILED
    assert rules.state(reinstatement=FILED, now=NOW) is ReinstatementState.FILED
    assert moderator_rules.lapses_at(case=FILED) is None
    upheld = confirmed(asked, now=last)
    assert (upheld.state, upheld.decided_by, upheld.reinstated) == (
        ReinstatementState.UPHELD,
        FOURTH,
        None,
    )
    assert rules.state(reinstatement=upheld, now=last) is ReinstatementState.UPHELD
    with pytest.raises(InvalidError):
        confirmed(asked, digest=b"q" * 32)
    with pytest.raises(TransitionError):
        confirmed(asked, now=last + TICK)
    with pytest.raises(TransitionError):
        proposed(asked, by=FOURTH)
    assert proposed(asked, by=FOURTH, now=last + TICK).proposed_by == FOURTH
    other = rejected(asked, by=FOURTH)
    assert (other.state, other.proposed_by, other.proposal_digest) == (
        ReinstatementState.REJECTED,
        None,
        None,
    )
    for again in (rejected, proposed, confirmed):
        for decided in (other, upheld):
            with pytest.raises(TransitionError):
                again(decided)
    assert objection_rules.is_overdue(asked, now=DUE)
    assert not objection_rules.is_overdue(other, now=DUE)


def test_what_can_come_back_and_until_when() -> None:
    """Of this withdrawal alone, for 180 days, unless the account was verified again or erased."""
    end = NOW + account_rules.KEPT_FOR

    def can(account: Account = REVOKED, now: datetime = NOW, **changes: object) -> bool:
        found = replace(WITHDRAWAL, **changes)  # type: ignore[arg-type]
        return account_rules.can_reinstate(account=account, withdrawal=found, now=now)

    assert can()
    assert can(now=end - TICK)
    assert not can(now=end)
    assert not can(forget_at=None)
    assert not can(ended_at=NOW)
    for state in AccountState:
        assert can(builders.account(state=state)) is (state is AccountState.REVOKED)


def test_an_account_is_what_it_was_with_the_standing_of_now() -> None:
    """One revision more than what has fallen meanwhile; its open claim goes on."""
    account = replace(
        REVOKED,
        standing=Standing.CLOSED,
        standing_until=NOW,
        later_standings=(StandingPeriod(Standing.WARNED),),
        open_claim_id="8" * 32,
    )
    back = account_rules.reinstate(account=account, withdrawal=WITHDRAWAL, now=NOW)
    assert back == replace(
        account,
        state=AccountState.VERIFIED,
        standing=Standing.WARNED,
        standing_until=None,
        later_standings=(),
        assurances=WITHDRAWAL.assurances,
        verify_date=WITHDRAWAL.verify_date,
        expire_date=WITHDRAWAL.expire_date,
        organization_category=WITHDRAWAL.organization_category,
        person_id=WITHDRAWAL.person_id,
        revision=11,
    )


def test_a_notice_ends_what_may_come_back() -> None:
    """On its day, or before if the term was over then; what had ended stays as it was."""
    for term, expected in (
        (date(2026, 6, 1), date(2026, 4, 1)),
        (date(2026, 3, 1), date(2026, 3, 1)),
        (None, date(2026, 4, 1)),
    ):
        kept = replace(WITHDRAWAL, expire_date=term)
        ended = account_rules.end_withdrawn(withdrawal=kept, today=date(2026, 4, 1))
        assert ended == replace(kept, state=AccountState.EXPIRED, expire_date=expected)
        assert account_rules.end_withdrawn(withdrawal=ended, today=date(2026, 5, 1)) is ended


def test_a_reinstated_verification_is_contested_again() -> None:
    """By a new contest in the place of the first."""
    former = Contest("c" * 32, "platform-a", TOKEN, "d" * 32, ContestState.UPHELD, NOW, DUE)
    made = replace(former, contest_id="b" * 32, state=ContestState.FILED)
    again = contest_rules.file_after(former=former, made=made)
    assert again == replace(made, contest_id="c" * 32)
    terms = ContestTerms(zone=ZONE)
    assert contest_rules.reject(contest=again, moderator_id=FIRST, reason="seen", terms=terms, now=NOW)
