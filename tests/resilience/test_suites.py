"""Promises covered by existing tests: how pytest's last line is counted."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.support import sampling, walks
from tools.torture import suites
from tools.torture.campaign import Options

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("line", "code", "faults", "lost"),
    [
        ("5 passed in 8.31s", 0, 5, 0),
        ("1 failed, 4 passed in 8.31s", 1, 4, 1),
        ("4 passed, 1 error in 8.31s", 1, 4, 1),
        ("5 failed in 8.31s", 1, 0, 1),
        ("no tests ran in 0.1s", 5, 0, 1),
        ("", 1, 0, 1),
    ],
)
def test_the_last_line_is_counted(line: str, code: int, faults: int, lost: int) -> None:
    """Passed tests are counted, failed ones are lost, and output without counts never passes."""
    tally = suites.counted(["ok", "FAILED one", line], code=code)
    assert (tally.faults, tally.lost) == (faults, lost)
    assert tally.complaints[0] == "FAILED one"


def test_a_suite_is_run() -> None:
    """The tests of a file run in a separate process; here those in this file that start none."""
    options = Options(count=2, only="test_the_last_line")
    tally = suites.run(options, "tests/resilience/test_suites.py")
    assert (tally.faults, tally.lost, tally.complaints) == (12, 0, [])


def test_every_walk_is_run_in_full() -> None:
    """The campaign runs each file of tests with a length that can be set, and none else."""
    files = [file for file in (ROOT / "tests").rglob("test_*.py") if file != Path(__file__)]
    # Steps of a state machine are as many as tests.support.steps says.
    words = ("walks.length(", "take_steps(")
    texts = {str(file.relative_to(ROOT)): file.read_text("utf-8") for file in files}
    found = {name for name, text in texts.items() if any(word in text for word in words)}
    assert found == {*suites.WALKS}


def test_every_sample_is_run_in_full() -> None:
    """The campaign runs each file of tests that draws a sample, and none else."""
    files = [file for file in (ROOT / "tests").rglob("test_*.py") if file != Path(__file__)]
    # Or by what draws one for several files.
    torn = ("storage import torn", "storage import test_torn_acts, torn")
    words = ("support.sampling import", "cut_steps import Cuts", "looked_at(", *torn)
    texts = {str(file.relative_to(ROOT)): file.read_text("utf-8") for file in files}
    found = {name for name, text in texts.items() if any(word in text for word in words)}
    assert found == {*suites.WHOLE}


@pytest.mark.parametrize("tenths", [1, 3, 10])
def test_a_sample_is_even_and_a_part_of_the_whole(monkeypatch: pytest.MonkeyPatch, tenths: int) -> None:
    """Each kind is in it, first to last; another turn draws others; in full it is every case."""
    monkeypatch.setattr(walks, "TENTHS", tenths)
    cases = [(kind, number) for number in range(30) for kind in "abc"] + [("rare", 0)]
    found = sampling.sampled(cases, 2, kind=lambda case: case[0])
    assert found == [case for case in cases if case in found]
    a = [number for kind, number in found if kind == "a"]
    expected = {1: [0, 15], 3: [0, 5, 10, 15, 20, 25], 10: [*range(30)]}
    assert (a, ("rare", 0) in found) == (expected[tenths], True)
    turns = [sampling.sampled("xyz", 1, turn=turn) for turn in range(3)]
    assert sorted({*"".join("".join(each) for each in turns)}) == [*"xyz"]
    tried = [number for number in range(1, 10) if sampling.is_tried(number, one_in=3)]
    assert tried == ([*range(1, 10)] if tenths == 10 else [3, 6, 9])


@pytest.mark.parametrize(("tenths", "steps"), [(None, 1_000), (1, 1_000), (10, 10_000)])
def test_the_suite_goes_a_tenth_of_the_way(tenths: int | None, steps: int) -> None:
    """Only the campaign's setting makes a walk longer."""
    environment = {name: text for name, text in os.environ.items() if name != walks.SETTING}
    asked = environment if tenths is None else environment | {walks.SETTING: str(tenths)}
    told = subprocess.run(
        [sys.executable, "-c", "from tools.support import walks; print(walks.length(10_000))"],
        cwd=ROOT,
        env=asked,
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(told.stdout) == steps
