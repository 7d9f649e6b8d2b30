"""The attempts at a person's name."""

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idvault.claim import rules as claim_rules
from idvault.claim.rules import Attempt, ClaimOutcome
from idvault_verify.claim import ClaimState, FailureReason
from idvault_verify.error import ExhaustedError, Reason
from tools.support.builders import NOW

NEW = b"new"
_MINUTES = st.integers(min_value=0, max_value=2_000)


def _attempts(*minutes_ago: int, pair: bytes = b"") -> list[Attempt]:
    """Return attempts with different pairs, unless one is given."""
    return [
        Attempt(pair or bytes([place]), NOW - timedelta(minutes=age)) for place, age in enumerate(minutes_ago)
    ]


@pytest.mark.parametrize(
    ("attempts", "minutes"),
    [
        (_attempts(*[10] * 5), 50),
        (_attempts(50, 40, 30, 20, 10), 10),
        (_attempts(10, 20, 30, 40, 50, 55), 10),
        (_attempts(*[600] * 20), 840),
    ],
)
def test_attempts_are_limited(attempts: list[Attempt], minutes: int) -> None:
    """Five in an hour or twenty in a day refuse the next one, which may be made when there is room again."""
    with pytest.raises(ExhaustedError) as caught:
        claim_rules.check(attempts=attempts, pair=NEW, now=NOW)
    assert caught.value.reason is Reason.TOO_MANY_ATTEMPTS
    assert caught.value.retry_after == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    "attempts", [[], _attempts(*[0] * 4), _attempts(*[60] * 19), _attempts(*[1_440] * 99)]
)
def test_fewer_or_older_attempts_pass(attempts: list[Attempt]) -> None:
    """Below a limit, or outside its window, nothing is refused."""
    claim_rules.check(attempts=attempts, pair=NEW, now=NOW)


def test_equal_pairs_count_once() -> None:
    """At its newest time; and a pair that counts already is never refused."""
    repeated = _attempts(*range(50), pair=b"same")
    claim_rules.check(attempts=[*repeated, *_attempts(0, 0, 0)], pair=NEW, now=NOW)
    full = [*_attempts(50, 10, pair=b"same"), *_attempts(20, 20, 20, 20)]
    claim_rules.check(attempts=full, pair=b"same", now=NOW)
    with pytest.raises(ExhaustedError) as caught:
        claim_rules.check(attempts=full, pair=NEW, now=NOW)
    assert caught.value.retry_after == timedelta(minutes=40)


@given(ages=st.lists(_MINUTES, max_size=40), later=st.lists(_MINUTES, min_size=80, max_size=80))
def test_never_more_than_the_limits(ages: list[int], later: list[int]) -> None:
    """However attempts are spread, no hour has more than five pairs, and no day more than twenty."""
    passed: list[Attempt] = []
    for number, minute in enumerate(sorted([*ages, *later])):
        tried = Attempt(bytes([number]), NOW + timedelta(minutes=minute))
        with suppress(ExhaustedError):
            claim_rules.check(attempts=passed, pair=tried.pair, now=tried.time)
            passed.append(tried)
    for limit, window in ((5, timedelta(hours=1)), (20, timedelta(days=1))):
        for one in passed:
            assert len([other for other in passed if one.time <= other.time < one.time + window]) <= limit


@pytest.mark.parametrize("reason", FailureReason)
def test_what_the_registry_denied_stays_charged(reason: FailureReason) -> None:
    """A match with a refusal is given back as a success is."""
    kept = claim_rules.is_kept(outcome=ClaimOutcome(ClaimState.FAILED, reason))
    denied = (FailureReason.MISMATCH, FailureReason.NO_RECORD, FailureReason.ELEMENT_MISMATCH)
    assert kept is (reason in denied)
    assert not claim_rules.is_kept(outcome=ClaimOutcome(ClaimState.SUCCEEDED))
