"""Which cores a worker of the tests uses."""

import os
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import LONGEST
from tools.support import cores


@pytest.mark.parametrize("count", [1, 2, 3, 4])
@pytest.mark.parametrize("each", [2, 3])
def test_workers_share_cores_evenly(monkeypatch: pytest.MonkeyPatch, count: int, each: int) -> None:
    """Each core has as many, and of those that begin with computing each has one."""
    monkeypatch.setattr(cores, "ALL", frozenset(range(count)))
    workers = count * each
    taken = [tuple(cores.of_worker(number, workers)) for number in range(workers)]
    assert sorted(taken) == sorted([(core,) for core in range(count)] * each)
    assert sorted(taken[number] for number in cores.computing(workers)) == [(core,) for core in range(count)]


@pytest.mark.parametrize(
    ("count", "workers", "expected"),
    [(2, 1, []), (2, 2, [1]), (2, 3, [1]), (1, 3, [1]), (2, 6, [1, 3]), (16, 8, [1, 3, 5, 7]), (0, 4, [1])],
)
def test_some_workers_begin_with_waiting(
    monkeypatch: pytest.MonkeyPatch, count: int, workers: int, expected: list[int]
) -> None:
    """At least every other one, however many cores there are, and a single one in any case."""
    monkeypatch.setattr(cores, "ALL", frozenset(range(count)))
    assert cores.computing(workers) == expected


def test_the_files_that_come_first_are_there() -> None:
    """A file that was renamed would come last."""
    assert [name for name in LONGEST if not (Path(__file__).parent / name).is_file()] == []


def test_one_worker_more_is_not_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three workers on two cores: the third takes whichever is free."""
    monkeypatch.setattr(cores, "ALL", frozenset({2, 5}))
    assert [cores.of_worker(number, 3) for number in range(3)] == [{5}, {2}, {2, 5}]


def test_a_refusal_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container may forbid to choose cores."""

    def refuse(*_: Any) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setaffinity", refuse, raising=False)
    cores.use({0})
