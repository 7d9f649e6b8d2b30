"""Fails closed: nothing is changed while entries of the log wait too long for their place in it."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from idvault.domain.clock import ClockReading
from idvault.domain.error import Reason, UnavailableError
from idvault.ports.log.store import LogStore

PATIENCE = timedelta(seconds=60)
_AGE = timedelta(seconds=1)


def _ignore(_count: int) -> None:
    """Tell nobody."""


class LogGuard:
    """What every mutation passes first; reads do not. It opens again by itself once no entry waits."""

    def __init__(self, *, store: LogStore, observe: Callable[[int], None] = _ignore) -> None:
        """Take the port, and who is told how many entries wait, about once a second while it is asked."""
        self._store = store
        self._observe = observe
        self._oldest: datetime | None = None
        self._read_at: datetime | None = None
        self._reading = asyncio.Lock()

    async def check(self, *, now: ClockReading) -> None:
        """Raise UnavailableError: LOG_UNAVAILABLE if an entry has waited for a minute of real time.

        STORE_UNAVAILABLE if the store cannot be asked.
        """
        if not self._is_fresh(now):
            await self._read(now)
        if self._oldest is not None and now.real - self._oldest >= PATIENCE:
            raise UnavailableError(Reason.LOG_UNAVAILABLE)

    async def _read(self, now: ClockReading) -> None:
        # Calls that come meanwhile wait for this one answer instead of asking for their own.
        async with self._reading:
            if self._is_fresh(now):
                return
            waiting = await self._store.unsequenced()
            self._oldest, self._read_at = waiting.oldest, now.real
            self._observe(waiting.count)

    def _is_fresh(self, now: ClockReading) -> bool:
        return self._read_at is not None and abs(now.real - self._read_at) < _AGE
