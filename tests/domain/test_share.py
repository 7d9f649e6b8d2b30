"""No caller starves another."""

from collections import Counter
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idvault.core import share
from idvault_verify.error import ExhaustedError, Reason, UnavailableError


def _held(callers: list[int], limit: int) -> dict[int, int]:
    """Return how many places each caller gets who all ask in this order."""
    held: dict[int, int] = {}
    for caller in callers:
        mine = held.get(caller, 0)
        try:
            share.check(held=mine, total=sum(held.values()), limit=limit)
        except UnavailableError:
            continue
        held[caller] = mine + 1
    return held


@pytest.mark.parametrize(("callers", "each"), [(1, 60), (2, 40), (3, 30), (5, 20)])
def test_busy_callers_hold_equal_shares(callers: int, each: int) -> None:
    """One holds half of the places, two a third each; a share stays free for whoever comes."""
    held = _held([turn % callers for turn in range(1_000)], 120)
    assert held == dict.fromkeys(range(callers), each)


@given(callers=st.lists(st.integers(min_value=0, max_value=9), max_size=200))
def test_a_newcomer_finds_room(callers: list[int]) -> None:
    """However others come, each of ten callers gets a first place, and no limit is passed."""
    held = _held(callers, 100)
    assert set(held) == set(callers)
    assert sum(held.values()) <= 100
    assert max(held.values(), default=0) <= 50


DAY = 86_400
"""Places of a day at one claim per second."""


@pytest.mark.parametrize(
    ("backlog", "refused_for"),
    [
        ({}, None),
        ({"a": DAY - 1}, None),
        ({"a": DAY}, 60),
        ({"a": DAY + 100}, 160),
        ({"a": 0, "b": 10 * DAY}, 60),  # more than the queue has places: whoever would wait for b too
        ({"a": 0, "b": DAY}, None),
        ({"a": DAY // 2 - 1, "b": DAY}, None),
        ({"a": DAY // 2, "b": DAY}, 60),
        ({"a": DAY // 3, "b": DAY // 3, "c": 9}, None),
        ({"a": 5, "b": DAY, "c": DAY // 2, "d": DAY // 2 - 11}, None),
        ({"a": 5, "b": DAY, "c": DAY // 2, "d": DAY // 2 - 10}, 60),
    ],
)
def test_a_claim_waits_for_its_own_party(backlog: dict[str, int], refused_for: int | None) -> None:
    """A day's queue of one party leaves room for others; what is taken on is checked within two days."""
    asked: dict[str, Any] = {"backlog": backlog, "relying_party": "a", "per_second": 1.0}
    if refused_for is None:
        share.check_queue(**asked)
        return
    with pytest.raises(ExhaustedError) as refused:
        share.check_queue(**asked)
    assert refused.value.reason is Reason.REGISTRY_BACKLOG
    assert refused.value.retry_after == timedelta(seconds=refused_for)


@given(turns=st.lists(st.integers(min_value=0, max_value=5), max_size=300))
def test_no_queue_is_longer_than_two_days(turns: list[int]) -> None:
    """However parties come, each finds room, and all claims together are checked within two days."""
    backlog: Counter[str] = Counter()
    for turn in turns:
        with suppress(ExhaustedError):
            share.check_queue(backlog=backlog, relying_party=str(turn), per_second=200 / 2 / DAY)
            backlog[str(turn)] += 1
    assert set(backlog) == {str(turn) for turn in turns}
    assert backlog.total() <= 200
