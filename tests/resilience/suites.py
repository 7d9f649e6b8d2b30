"""Promises that have a script of their own: it is run, and its last line is counted.

- 6: records are changed, swapped and put back (scripts/tampering.py).
- 7: the log is edited (scripts/log_tampering.py).
- 10: every method is fuzzed (scripts/fuzz).
- 11: every method is called by every role with every kind of certificate (tests/api/test_role_matrix.py).
"""

import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.resilience.tally import Tally

_ROOT = Path(__file__).parents[2]
_COMPLAINT = re.compile(r"found: |FAILED |ERROR ")
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A command and what its last line counts.

    counted: a pattern with a group `faults`; each further group counts what must be 0.
    """

    command: Sequence[str]
    counted: str

    def run(self) -> Tally:
        """Run it to its end; whatever it found counts as lost."""
        done = subprocess.run(
            [sys.executable, *self.command], cwd=_ROOT, stdout=subprocess.PIPE, text=True, check=False
        )
        lines = done.stdout.splitlines() or [""]
        tally = Tally(complaints=[line for line in lines if _COMPLAINT.match(line)][:_SHOWN])
        counted = re.search(self.counted, lines[-1])
        if counted is None:
            tally.lose(f"{self.command[-1]} ended with: {lines[-1]}")
            return tally
        groups = {name: int(value or 0) for name, value in counted.groupdict().items()}
        tally.faults = groups.pop("faults")
        tally.lost = sum(groups.values())
        if done.returncode and not tally.lost:
            tally.lose(f"{self.command[-1]} ended with exit code {done.returncode}")
        return tally


def tampering() -> Elsewhere:
    """Return promise 6."""
    counted = r"tampering: (?P<faults>\d+) changes, (?P<undetected>\d+) undetected"
    return Elsewhere(["-m", "tests.resilience.swaps"], counted)


def log_tampering() -> Elsewhere:
    """Return promise 7."""
    counted = r"tampering: (?P<faults>\d+) edits, (?P<undetected>\d+) undetected, (?P<misnamed>\d+) misnamed"
    return Elsewhere(["-m", "tests.resilience.log"], counted)


def fuzz(*, messages: int) -> Elsewhere:
    """Return promise 10 with so many messages to each method."""
    counted = r"fuzz: (?P<faults>\d+) messages .*: (?P<found>\d+) findings"
    return Elsewhere(["-m", "tests.resilience.fuzz", "--count", str(messages)], counted)


def role_matrix() -> Elsewhere:
    """Return promise 11; a fault is a test, which asks every method."""
    counted = r"^(?:(?P<failed>\d+) failed, )?(?P<faults>\d+) passed"
    return Elsewhere(["-m", "pytest", "-q", "-rf", "tests/api/test_role_matrix.py"], counted)
