"""Whether a process lives and whether it is ready, as its metrics port tells.

- It lives while its event loop runs: a database or a registry that is away is no reason to restart it.
- It is ready if every check passed at the last look. Before the first look, while it stops, and if the looks
  do not end any more, it is not.
- The text of a reason comes from our code: it has no address and no value.
"""

import time
from collections.abc import Callable, Mapping

LONGEST_SILENCE = 60.0
"""Seconds without a beat after which the event loop counts as stuck."""
LONGEST_LOOK = 30.0
"""Seconds after which the result of a look is too old to be true."""


class ProcessHealth:
    """Set on the event loop, read by the port's thread."""

    def __init__(self, *, seconds: Callable[[], float] = time.monotonic) -> None:
        """Start alive, and not ready. seconds: a clock that never goes back."""
        self._seconds = seconds
        self._beat_at = seconds()
        self._looked_at: float | None = None
        self._reasons: dict[str, str] = {}
        self._stops = False

    def beat(self) -> None:
        """Tell that the event loop runs."""
        self._beat_at = self._seconds()

    def looked(self, reasons: Mapping[str, str]) -> None:
        """Set the result of a look: the reason of each check that failed, by its name."""
        self._reasons, self._looked_at = dict(reasons), self._seconds()

    def stop(self) -> None:
        """Stay not ready from now on: the process is stopping."""
        self._stops = True

    def death(self) -> str:
        """Return why the process does not live any more, "" if it does."""
        return "the event loop is stuck" if self._seconds() - self._beat_at > LONGEST_SILENCE else ""

    def reasons(self) -> dict[str, str]:
        """Return why the process is not ready, by check; empty if it is."""
        if self._stops:
            return {"process": "it is stopping"}
        if self._looked_at is None:
            return {"process": "it is starting"}
        if self._seconds() - self._looked_at > LONGEST_LOOK:
            return {"process": "its checks do not end"}
        return self._reasons
