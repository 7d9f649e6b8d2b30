"""What `idvault doctor` found last. It takes seconds, so it runs apart, and no page waits for its end.

- A result is kept until there is another one: what was red stays red while the next run is under way.
- A result is old once something was changed, or the vault was asked anew, after its run began.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from idvault_people.console.operator.vault_commands import (
    CommandRefusedError,
    CommandsAwayError,
    VaultCommands,
)

EVERY = timedelta(minutes=5)
"""The age of a result from which on a visit of the console begins the next run."""
_PATIENCE = 2.0
Start = Callable[[Callable[[], None]], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class DoctorResult:
    """How a run ended. findings: in doctor's order; problem: why there are none, "" if it ended well.

    changes: how often the vault had been changed or asked anew when the run began.
    """

    findings: Sequence[Mapping[str, Any]] = ()
    problem: str = ""
    ended_at: datetime
    changes: int

    @property
    def failed(self) -> Sequence[Mapping[str, Any]]:
        """The checks that were made and failed."""
        return [each for each in self.findings if not each["passed"] and each["made"]]


def in_thread(work: Callable[[], None]) -> None:
    """Start something that ends with the process."""
    threading.Thread(target=work, daemon=True).start()


@dataclass(kw_only=True, eq=False)
class DoctorRuns:
    """The runs of doctor, one at a time. start: runs something apart; patience: seconds of `wait`."""

    commands: VaultCommands
    now: Callable[[], datetime]
    start: Start = in_thread
    patience: float = _PATIENCE
    last: DoctorResult | None = None
    _ended: threading.Event = field(default_factory=threading.Event, repr=False)
    _is_running: bool = False

    @property
    def is_running(self) -> bool:
        """Whether a run is under way."""
        return self._is_running

    @property
    def is_old(self) -> bool:
        """Whether there is a result, and something was changed or asked anew since its run began."""
        return self.last is not None and self.last.changes != self.commands.changes

    def look(self) -> DoctorResult | None:
        """Return the last result; begin a run if there is none, or it is old. Handlers run one at a time."""
        if not self._is_running and self._is_due():
            self._is_running = True
            self._ended.clear()
            try:
                self.start(self._run)
            except BaseException:
                # No run is under way: the next visit tries again.
                self._is_running = False
                raise
        return self.last

    def wait(self) -> DoctorResult | None:
        """Return the last result after a moment in which a run may end."""
        self.look()
        if self._is_running:
            self._ended.wait(self.patience)
        return self.last

    def _is_due(self) -> bool:
        return self.last is None or self.is_old or self.now() - self.last.ended_at >= EVERY

    def _run(self) -> None:
        changes = self.commands.changes
        findings: Sequence[Mapping[str, Any]] = ()
        problem = "the run ended with an error that nobody foresaw"
        try:
            findings, problem = self.commands.findings(), ""
        except (CommandsAwayError, CommandRefusedError) as error:
            problem = str(error)
        finally:
            self.last = DoctorResult(findings=findings, problem=problem, ended_at=self.now(), changes=changes)
            self._is_running = False
            self._ended.set()
