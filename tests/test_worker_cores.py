"""Which cores a worker of the tests uses."""

import os
from typing import Any

import pytest

from tools.support import cores


@pytest.mark.parametrize(("count", "workers"), [(1, 2), (2, 4), (4, 8)])
def test_two_workers_share_a_core(monkeypatch: pytest.MonkeyPatch, count: int, workers: int) -> None:
    """Each core has two, and of those that begin with computing each has one."""
    monkeypatch.setattr(cores, "ALL", frozenset(range(count)))
    taken = [tuple(cores.of_worker(number, workers)) for number in range(workers)]
    assert sorted(taken) == sorted([(core,) for core in range(count)] * 2)
    assert sorted(taken[1::2]) == [(core,) for core in range(count)]


def test_one_worker_more_is_not_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three workers on two cores: the third takes whichever is free."""
    monkeypatch.setattr(cores, "ALL", frozenset({2, 5}))
    assert [cores.of_worker(number, 3) for number in range(3)] == [{2}, {5}, {2, 5}]


def test_a_refusal_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container may forbid to choose cores."""

    def refuse(*_: Any) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setaffinity", refuse, raising=False)
    cores.use({0})
