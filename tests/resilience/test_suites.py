"""Promises that have a script of their own: what their last lines come to."""

import pytest

from tests.resilience import suites as elsewhere
from tests.resilience.suites import Elsewhere

COUNTED = r"odd: (?:(?P<failed>\d+) failed, )?(?P<faults>\d+) changes"


def _printing(*lines: str, code: int = 0) -> Elsewhere:
    return Elsewhere(["-c", f"print({chr(10).join(lines)!r}); raise SystemExit({code})"], COUNTED)


def test_what_was_done_and_found_is_counted() -> None:
    """The last line counts; the lines that say what was found are kept."""
    tally = _printing("ok", "found: a name", "odd: 2 failed, 7 changes", code=1).run()
    assert (tally.faults, tally.lost, tally.complaints) == (7, 2, ["found: a name"])


def test_nothing_found_is_nothing_lost() -> None:
    """A group that is not there counts nothing."""
    tally = _printing("odd: 7 changes").run()
    assert (tally.faults, tally.lost, tally.complaints) == (7, 0, [])


@pytest.mark.parametrize(("line", "code"), [("odd: 7 changes", 1), ("odd end", 0), ("", 1)])
def test_an_end_that_says_nothing_is_a_loss(line: str, code: int) -> None:
    """A script that failed, or whose last line is another one, never counts as passed."""
    tally = _printing(line, code=code).run()
    assert tally.lost == 1
    assert tally.complaints


@pytest.mark.parametrize(
    ("promise", "line", "faults", "lost"),
    [
        (elsewhere.tampering(), "tampering: 50916 changes, 2 undetected", 50916, 2),
        (elsewhere.log_tampering(), "log tampering: 10000 edits, 1 undetected, 2 misnamed", 10000, 3),
        (
            elsewhere.fuzz(messages=5),
            "fuzz: 240 messages to 48 methods, at least 5 each, in 9 s: 4 findings",
            240,
            4,
        ),
        (elsewhere.role_matrix(), "5 passed in 8.31s", 5, 0),
        (elsewhere.role_matrix(), "1 failed, 4 passed in 8.31s", 4, 1),
    ],
)
def test_the_last_lines_are_those_of_the_scripts(
    promise: Elsewhere, line: str, faults: int, lost: int
) -> None:
    """What each script promises as its last line is what is counted here."""
    tally = Elsewhere(["-c", f"print({line!r}); raise SystemExit({int(lost > 0)})"], promise.counted).run()
    assert (tally.faults, tally.lost) == (faults, lost)
