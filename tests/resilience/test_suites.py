"""Promises covered by existing tests: how pytest's last line is counted."""

import pytest

from tools.torture import suites
from tools.torture.campaign import Options


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
