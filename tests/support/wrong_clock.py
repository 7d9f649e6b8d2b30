"""`idvault` on a host whose clock is wrong by as many seconds as an environment variable says."""

import os
from datetime import timedelta

from idvault.processes.cli import __main__ as command
from idvault.processes.cli import running
from idvault_verify.clock import ClockReading

AHEAD = "IDVAULT_TEST_CLOCK_AHEAD"
"""The environment variable; negative: the clock is behind."""
PROGRAM = "tests.support.wrong_clock:main"


def main() -> None:
    """Run the command with that clock."""
    true, ahead = running.real_clock, timedelta(seconds=float(os.environ[AHEAD]))

    def wrong() -> ClockReading:
        now = true()
        return ClockReading(now.business + ahead, now.real + ahead)

    running.real_clock = wrong
    command.main()
