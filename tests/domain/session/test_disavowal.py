"""The life of a disavowal as tables: when a platform is told, who decides, and what silence does."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from idvault.moderator import rules as moderator_rules
from idvault.session.disavowal import rules
from idvault.session.disavowal.rules import Disavowal, DisavowalTerms, Silence, WaitingDisavowal
from idvault_verify import deadline
from idvault_verify.account import AccountState
from idvault_verify.error import DeniedError, InvalidError, PreconditionError, Reason, TransitionError
from idvault_verify.session import DisavowalState
from tools.support import builders
from tools.support.builders import NOW, PERSON, TOKEN, ZONE

TERMS = DisavowalTerms(zone=ZONE)
DUE = deadline.due_at(start=NOW, days=15, zone=ZONE)
FIRST, SECOND, THIRD = "1" * 32, "2" * 32, "3" * 32
DIGEST = b"p" * 32
TICK = timedelta(microseconds=1)
WAITING = WaitingDisavowal(TOKEN, "platform-a", PERSON, NOW)
FILED = Disavowal("d" * 32, "platform-a", TOKEN, PERSON, DisavowalState.FILED, NOW, DUE)
VERIFIED = builders.account(state=AccountState.VERIFIED, person_id=PERSON)


def rejected(one: Disavowal = FILED, *, by: str = FIRST, now: datetime = NOW) -> Disavowal:
    return rules.reject(disavowal=one, moderator_id=by, reason="seen", now=now)


def proposed(one: Disavowal = FILED, *, by: str = FIRST, now: datetime = NOW) -> Disavowal:
    return rules.propose(disavowal=one, moderator_id=by, reason="seen", paper_digest=DIGEST, now=now)


def confirmed(one: Disavowal, *, by: str = SECOND, now: datetime = NOW, digest: bytes = DIGEST) -> Disavowal:
    return rules.confirm(disavowal=one, moderator_id=by, paper_digest=digest, now=now)


@given(st.binary(min_size=8, max_size=8))
@example(b"\x00" * 8)
@example(b"\xff" * 8)
def test_a_platform_is_told_within_seven_days_after_three(seed: bytes) -> None:
    """Never before the 72 hours are over, and in whole seconds from then on."""
    drawn = rules.draw(seed=seed, now=NOW)
    assert rules.WAIT <= drawn - NOW < rules.WAIT + rules.LONGEST_DELAY
    assert (drawn - NOW) % timedelta(seconds=1) == timedelta(0)


def test_only_a_verification_of_that_person_is_disowned() -> None:
    """Expired or not; nothing of another person's, and nothing that was never verified."""
    for state in (AccountState.VERIFIED, AccountState.EXPIRED):
        account = replace(VERIFIED, state=state)
        assert rules.disown(account=account, person_id=PERSON, tell_at=NOW) == replace(
            WAITING, relying_party=account.relying_party
        )
    for account in (replace(VERIFIED, person_id="b" * 32), replace(VERIFIED, state=AccountState.ERASED)):
        with pytest.raises(PreconditionError):
            rules.disown(account=account, person_id=PERSON, tell_at=NOW)
    nobody = replace(VERIFIED, person_id=None)
    assert not rules.is_of(account=nobody, person_id=None)


def test_what_a_platform_is_told() -> None:
    """Whoever rejected the account's last one is remembered, and nobody else."""

    def told(former: Disavowal | None) -> Disavowal:
        return rules.tell(waiting=WAITING, disavowal_id="d" * 32, former=former, terms=TERMS, now=NOW)

    assert told(None) == FILED
    assert told(rejected()).rejected_by == FIRST
    assert told(confirmed(proposed())).rejected_by is None


def test_one_rejects_and_two_uphold() -> None:
    """Within 72 hours, never the same one, and only what was read."""
    assert rejected() == replace(
        FILED,
        state=DisavowalState.REJECTED,
        decided_at=NOW,
        decided_by=FIRST,
        reason="seen",
        person_id=None,
    )
    assert moderator_rules.lapses_at(case=FILED) is None
    waits = proposed()
    assert moderator_rules.lapses_at(case=waits) == NOW + moderator_rules.CONFIRM_WITHIN
    assert rules.state(disavowal=waits, now=NOW) is DisavowalState.PROPOSED
    assert rejected(waits).proposed_by is None
    upheld = confirmed(waits, now=NOW + moderator_rules.CONFIRM_WITHIN - TICK)
    assert (upheld.state, upheld.decided_by, upheld.person_id) == (DisavowalState.UPHELD, SECOND, None)
    with pytest.raises(DeniedError):
        confirmed(waits, by=FIRST)
    with pytest.raises(InvalidError):
        confirmed(waits, digest=b"q" * 32)
    for late in (waits, FILED):
        with pytest.raises(TransitionError):
            confirmed(late, now=NOW + moderator_rules.CONFIRM_WITHIN)
    with pytest.raises(TransitionError):
        proposed(waits)
    assert (
        proposed(waits, now=NOW + moderator_rules.CONFIRM_WITHIN).proposed_at
        == NOW + moderator_rules.CONFIRM_WITHIN
    )


def test_what_is_decided_stays_decided() -> None:
    """No verb changes one that is over."""
    over = [rejected(), confirmed(proposed()), rules.fall_silent(disavowal=FILED, now=NOW)]
    over.append(replace(FILED, state=DisavowalState.ENDED))
    assert [each.state.value for each in over] == ["REJECTED", "UPHELD", "SILENT", "ENDED"]
    for each in over:
        assert rules.silence(disavowal=each, has_open=False, told=1, now=DUE) is None
        for verb in (rejected, proposed, confirmed):
            with pytest.raises(TransitionError):
                verb(each)
        with pytest.raises(TransitionError):
            rules.answer(disavowal=each, person_id=PERSON, now=NOW)


def test_who_rejected_the_last_one_decides_nothing() -> None:
    """Neither alone nor as one of two."""
    again = replace(FILED, rejected_by=THIRD)
    for verb in (rejected, proposed):
        with pytest.raises(DeniedError):
            verb(again, by=THIRD)
    with pytest.raises(DeniedError):
        confirmed(proposed(again), by=THIRD)


def test_the_holder_of_the_account_rejects_at_once() -> None:
    """Only by a proof of the same person; a proposal does not stop it, and no moderator is named."""
    for one in (FILED, proposed()):
        answered = rules.answer(disavowal=one, person_id=PERSON, now=NOW)
        assert (answered.state, answered.decided_by, answered.reason) == (DisavowalState.REJECTED, None, "")
        assert answered.proposed_by is None
    for other in (None, "b" * 32):
        with pytest.raises(PreconditionError) as refused:
            rules.answer(disavowal=FILED, person_id=other, now=NOW)
        assert refused.value.reason is Reason.PROOF_REFUSED


def test_silence_decides_at_the_due_time() -> None:
    """To the microsecond, also while it is proposed, and never where something is open or too many are."""

    def silence(
        one: Disavowal = FILED, *, has_open: bool = False, told: int = rules.UNUSUAL, now: datetime = DUE
    ) -> Silence | None:
        return rules.silence(disavowal=one, has_open=has_open, told=told, now=now)

    assert silence(now=DUE - TICK) is None
    assert silence() is Silence.WITHDRAWS
    assert silence(proposed(now=DUE - TICK)) is Silence.WITHDRAWS
    assert silence(has_open=True) is Silence.IS_OVERDUE
    assert silence(told=rules.UNUSUAL + 1) is Silence.IS_OVERDUE
    noted = rules.note_overdue(disavowal=FILED, now=DUE)
    assert (noted.overdue_at, rules.is_overdue(disavowal=noted, now=DUE)) == (DUE, True)
    # What was open has ended: it is the moderators' all the same.
    assert silence(noted, now=DUE + timedelta(days=400)) is None
    assert rejected(noted, now=DUE + TICK).overdue_at == DUE


def test_what_is_near_counts_on_both_sides() -> None:
    """A wave hides in no gap between the time when it came and the time when it is due."""
    assert rules.near_since(disavowal=FILED) == NOW - timedelta(days=15)
    assert rules.recent_since(now=NOW) == NOW - timedelta(days=15)
