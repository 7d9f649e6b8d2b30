"""Whose work is next: turns by time, for any callers, items, cancellations and costs."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from idvault.core.fair_queue import FairQueue

CALLERS = ("", "a", "b", "c")
COSTS = st.floats(min_value=0.001, max_value=10.0)


def _filled(**counts: int) -> FairQueue[str]:
    queue: FairQueue[str] = FairQueue()
    for caller, count in counts.items():
        for number in range(count):
            queue.put(caller, f"{caller}{number}")
    return queue


def test_one_call_beside_two_thousand_is_next_but_one() -> None:
    """Whoever comes while another's work runs waits for that work alone."""
    queue = _filled(crowd=2_000)
    assert queue.take() == ("crowd", "crowd0")
    queue.put("single", "its")
    queue.charge("crowd", cost=0.004)
    assert queue.take() == ("single", "its")
    queue.charge("single", cost=0.004)
    assert queue.take() == ("crowd", "crowd1")


def test_a_crowd_that_is_in_service_in_several_places_does_not_come_first_again() -> None:
    """While ten of a crowd's items run, the place that becomes free is the newcomer's."""
    queue = _filled(crowd=2_000)
    for _ in range(10):
        assert queue.take() is not None
    queue.put("single", "its")
    queue.charge("crowd", cost=0.001)
    assert queue.take() == ("single", "its")


def test_equal_costs_are_a_round_robin() -> None:
    """Items of one caller stay in their order."""
    queue, order = _filled(a=3, b=1, c=2), []
    while (taken := queue.take()) is not None:
        order.append(taken[1])
        queue.charge(taken[0], cost=1.0)
    assert order == ["a0", "b0", "c0", "a1", "c1", "a2"]


def test_an_item_that_left_is_not_next() -> None:
    """It leaves at once, and only once; a caller without items is forgotten."""
    queue = _filled(a=2, b=1)
    assert queue.drop("a", "a0")
    assert not queue.drop("a", "a0")
    assert not queue.drop("nobody", "x")
    assert queue.drop("b", "b0")
    assert (len(queue), queue.take(), bool(queue), queue.take()) == (1, ("a", "a1"), False, None)


@given(costs=st.dictionaries(st.sampled_from(CALLERS), COSTS, min_size=2))
def test_shares_are_of_time_and_not_of_items(costs: dict[str, float]) -> None:
    """Callers that always wait differ by no more than one item's time, whatever each item costs."""
    queue, used = _filled(**dict.fromkeys(costs, 1)), Counter[str]()
    for _ in range(200):
        taken = queue.take()
        assert taken is not None
        queue.put(*taken)
        queue.charge(taken[0], cost=costs[taken[0]])
        used[taken[0]] += costs[taken[0]]  # type: ignore[assignment]
    assert max(used.values()) - min(used[each] for each in costs) <= max(costs.values()) * 1.001


def test_an_absence_earns_nothing() -> None:
    """A caller that was away while another worked does not keep the queue afterwards."""
    queue = _filled(busy=50, other=1)
    for _ in range(40):
        taken = queue.take()
        assert taken is not None
        queue.charge(taken[0], cost=1.0)
    for number in range(20):
        queue.put("back", f"back{number}")
    order = []
    for _ in range(6):
        taken = queue.take()
        assert taken is not None
        order.append(taken[0])
        queue.charge(taken[0], cost=1.0)
    assert Counter(order) == {"busy": 3, "back": 3}


class AnyOrder(RuleBasedStateMachine):
    """Callers put, drop, take and are charged in any order, with one item in service at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.queue: FairQueue[int] = FairQueue()
        self.waiting: dict[int, str] = {}
        self.overtaken: dict[int, Counter[str]] = {}
        self.number = 0
        self.serving: str | None = None

    @rule(caller=st.sampled_from(CALLERS), count=st.integers(1, 5))
    def put(self, caller: str, count: int) -> None:
        for _ in range(count):
            self.number += 1
            self.queue.put(caller, self.number)
            self.waiting[self.number] = caller
            self.overtaken[self.number] = Counter()

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def drop(self, data: st.DataObject) -> None:
        item = data.draw(st.sampled_from(sorted(self.waiting)))
        assert self.queue.drop(self.waiting.pop(item), item)

    @precondition(lambda self: self.serving is None)
    @rule()
    def take(self) -> None:
        taken = self.queue.take()
        if taken is None:
            assert not self.waiting, "something waits, and nothing is next"
            return
        caller, item = taken
        mine = [each for each, owner in self.waiting.items() if owner == caller]
        assert item == min(mine), "a caller's items stay in order"
        del self.waiting[item]
        self.serving = caller
        for each, owner in self.waiting.items():
            if owner != caller and each == min(one for one, its in self.waiting.items() if its == owner):
                self.overtaken[each][caller] += 1

    @precondition(lambda self: self.serving is not None)
    @rule()
    def end(self) -> None:
        assert self.serving is not None
        self.queue.charge(self.serving, cost=1.0)
        self.serving = None

    @invariant()
    def holds_only_what_waits(self) -> None:
        assert len(self.queue) == len(self.waiting)
        assert len(self.queue._clocks) <= len(CALLERS)

    @invariant()
    def nobody_waits_for_more_than_a_turn(self) -> None:
        """A caller's first item sees equally costly items of each other caller at most twice.

        Once by its turn, and once because a caller's clock may be one item ahead when it comes.
        """
        for item in self.waiting:
            assert max(self.overtaken[item].values(), default=0) <= 2


TestAnyOrder = AnyOrder.TestCase


@pytest.mark.parametrize("caller", CALLERS)
def test_nothing_is_kept_once_nothing_waits(caller: str) -> None:
    """The clocks of callers that have gone take no memory."""
    queue: FairQueue[int] = FairQueue()
    for number in range(100):
        queue.put(f"{caller}{number}", number)
    while (taken := queue.take()) is not None:
        queue.charge(taken[0], cost=1.0)
    assert not queue._clocks
