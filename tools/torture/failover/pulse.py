"""When calls were answered: how long nobody was, after the death of a leader."""

import threading
import time
from itertools import pairwise
from types import TracebackType
from typing import Self

from idvault_client import VaultError
from tools.torture.load import MakeVault

_PAUSE = 0.05


class Pulse:
    """The times of answers; thread-safe."""

    def __init__(self) -> None:
        self._times: list[float] = []
        self._changed = threading.Condition()

    def beat(self) -> None:
        """Record an answer."""
        with self._changed:
            self._times.append(time.monotonic())
            self._changed.notify_all()

    def wait(self, since: float, count: int, *, patience: float) -> bool:
        """Wait for this many answers since a time; return whether they came."""
        with self._changed:
            return self._changed.wait_for(
                lambda: sum(each > since for each in self._times) >= count, timeout=patience
            )

    def gap(self, since: float) -> float:
        """Return the longest time without an answer since a time, until the newest answer."""
        with self._changed:
            times = [since, *(each for each in self._times if each > since)]
        return max((later - former for former, later in pairwise(times)), default=0.0)


class Reader:
    """Reads one account's status again and again for the duration of its block."""

    def __init__(self, vault: MakeVault, token: str, pulse: Pulse) -> None:
        """Set how to connect, what to read and who is told of each answer."""
        self._vault = vault
        self._token = token
        self._pulse = pulse
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _read(self) -> None:
        with self._vault() as vault:
            while not self._stop.wait(_PAUSE):
                try:
                    vault.get_status(self._token)
                except VaultError:
                    continue
                self._pulse.beat()
