"""The runs of doctor: one that cannot begin is tried again by the next visit."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from idvault_people.console.operator.doctor_runs import DoctorRuns
from idvault_people.console.operator.vault_commands import CommandEnd, VaultCommands


def test_a_run_that_could_not_begin_is_none() -> None:
    """A machine without a thread to spare does not stop the doctor for good."""
    failures = [RuntimeError("can't start new thread")]

    def start(work: Callable[[], None]) -> None:
        if failures:
            raise failures.pop()
        work()

    commands = VaultCommands(run=lambda _arguments: CommandEnd(0, "", ""))
    runs = DoctorRuns(commands=commands, now=lambda: datetime.now(UTC), start=start, patience=0)
    with pytest.raises(RuntimeError):
        runs.look()
    assert (runs.is_running, runs.last) == (False, None)
    assert runs.look() is not None
