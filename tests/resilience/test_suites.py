"""Promises covered by existing tests: how pytest's last line is counted."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.support import walks
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
