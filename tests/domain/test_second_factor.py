"""The rules of one-time codes."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idvault.core.second_factor import Cause, SecondFactorError, Tries
from idvault.people.second_factor import rules as second_factor_rules
from idvault_verify.error import DeniedError, Reason

NOW = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "code",
    [
        "",
        "12345",
        "1234567",
        "１２３４５６",
        "12345６",
        "١٢٣٤٥٦",
        "12 345",
        " 12345",
        "12345\n",
        "-12345",
        "1e1000",
        "²²²²²²",
    ],
)
def test_only_six_ascii_digits_are_a_code(code: str) -> None:
    """Digits of other scripts, signs and white space are refused."""
    with pytest.raises(DeniedError) as refused:
        second_factor_rules.check_code(code)
    assert refused.value.reason is Reason.SECOND_FACTOR_REFUSED
    assert second_factor_rules.check_code("012345") == "012345"


@given(st.text(max_size=8))
def test_whatever_passes_is_six_ascii_digits(code: str) -> None:
    """Every text that passes the check is one of the million codes."""
    try:
        second_factor_rules.check_code(code)
    except DeniedError:
        return
    assert len(code) == 6
    assert set(code) <= set("0123456789")


def test_locks_double_up_to_a_day() -> None:
    """15 minutes, 30 minutes, … 16 hours, and 24 hours from then on."""
    minutes = [second_factor_rules.lock_time(locks=n) // timedelta(minutes=1) for n in range(9)]
    assert minutes == [15, 30, 60, 120, 240, 480, 960, 1440, 1440]
    assert second_factor_rules.lock_time(locks=10**9) == timedelta(hours=24)


def test_a_lock_ends_by_itself_and_the_count_begins_anew() -> None:
    """During a lock no try is charged; the first try after it is the first of ten."""
    tries = Tries()
    for count in range(1, 11):
        tries = second_factor_rules.charge(tries=tries, now=NOW)
        assert (tries.count, tries.locks) == (count, int(count == 10))
    assert tries.locked_until == NOW + timedelta(minutes=15)
    with pytest.raises(DeniedError) as locked:
        second_factor_rules.charge(tries=tries, now=NOW + timedelta(minutes=15) - timedelta(microseconds=1))
    assert locked.value.reason is Reason.SECOND_FACTOR_LOCKED
    assert second_factor_rules.charge(tries=tries, now=NOW + timedelta(minutes=15)) == Tries(1, 1, None)


def test_a_hundred_thousand_guesses_meet_the_lock() -> None:
    """Promise 9: at one guess a second, only ten guesses between two locks are compared."""
    tries, compared, now = Tries(), 0, NOW
    for _ in range(100_000):
        now += timedelta(seconds=1)
        try:
            tries = second_factor_rules.charge(tries=tries, now=now)
        except DeniedError:
            continue
        compared += 1
    # Up to the seventh lock, 15 min, 30 min, … 16 h end within 10^5 seconds; ten tries are allowed each time.
    assert compared == 70
    assert tries.locks == 7


def test_steps_are_those_of_the_rfc() -> None:
    """The time steps are those of RFC 6238 appendix B."""
    times = {59: 0x1, 1111111109: 0x23523EC, 1111111111: 0x23523ED, 20000000000: 0x27BC86AA}
    for seconds, step in times.items():
        assert second_factor_rules.step_of(datetime.fromtimestamp(seconds, UTC)) == step


def test_a_step_is_good_once() -> None:
    """No match, the last step and earlier steps are refused."""
    assert second_factor_rules.check_step(step=5, last=None, tries=Tries(1)) == 5
    assert second_factor_rules.check_step(step=5, last=4, tries=Tries(1)) == 5
    for step, last in ((None, None), (5, 5), (4, 5)):
        with pytest.raises(SecondFactorError) as refused:
            second_factor_rules.check_step(step=step, last=last, tries=Tries(3))
        assert refused.value.details == {"cause": "CODE_WRONG", "tries_left": "7"}


def test_the_owner_is_told_what_is_wrong() -> None:
    """A missing and a malformed code differ; a lock and the try that sets it say until when."""
    for code, cause in (("", Cause.CODE_MISSING), ("12345", Cause.CODE_MALFORMED)):
        with pytest.raises(SecondFactorError) as refused:
            second_factor_rules.check_code(code)
        assert refused.value.details == {"cause": cause.value}
    locked = Tries(10, 1, NOW + timedelta(minutes=15))
    with pytest.raises(SecondFactorError) as refused:
        second_factor_rules.check_unlocked(tries=locked, now=NOW)
    assert refused.value.reason is Reason.SECOND_FACTOR_LOCKED
    assert refused.value.details == {"cause": "LOCKED", "locked_until": "2026-03-01T04:15:00+00:00"}
    last = SecondFactorError(Cause.CODE_WRONG, tries=locked)
    assert last.details == {
        "cause": "CODE_WRONG",
        "tries_left": "0",
        "locked_until": "2026-03-01T04:15:00+00:00",
    }


def test_tries_are_open_again_after_a_lock() -> None:
    """During a lock none is left, and after it all ten."""
    locked = Tries(10, 1, NOW + timedelta(minutes=15))
    assert second_factor_rules.open_tries(tries=locked, now=NOW).left == 0
    after = second_factor_rules.open_tries(tries=locked, now=NOW + timedelta(minutes=15))
    assert (after.left, after.locks, after.locked_until) == (10, 1, None)
    assert second_factor_rules.open_tries(tries=Tries(4), now=NOW).left == 6
