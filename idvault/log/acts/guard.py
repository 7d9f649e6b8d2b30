"""Fails closed: refuses every change while a log entry has waited too long for its index."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from idvault.core import caller
from idvault.log.rules import Unsequenced
from idvault_verify.clock import ClockReading
from idvault_verify.error import Reason, UnavailableError

PATIENCE = timedelta(seconds=60)
_AGE = timedelta(seconds=1)


def _ignore(_count: int) -> None:
    """No-op observer."""


class LogGuard:
    """The check before every mutation, not before reads. It passes again once no entry waits too long."""

    def __init__(
        self, *, look: Callable[[], Awaitable[Unsequenced]], observe: Callable[[int], None] = _ignore
    ) -> None:
        """Set up. look: reads which entries wait; observe: receives their count at each read."""
        self._look = look
        self._observe = observe
        self._oldest: datetime | None = None
        self._read_at: datetime | None = None
        self._reading = asyncio.Lock()

    async def check(self, *, now: ClockReading) -> None:
        """Raise UnavailableError (LOG_UNAVAILABLE) if an entry has waited for a minute (real time).

        Raises UnavailableError (STORE_UNAVAILABLE) if the log cannot be read.
        """
        if not self._is_fresh(now):
            await self._read(now)
        if self._oldest is not None and now.real - self._oldest >= PATIENCE:
            raise UnavailableError(Reason.LOG_UNAVAILABLE)

    async def _read(self, now: ClockReading) -> None:
        # Concurrent calls wait for this read instead of starting another.
        async with self._reading:
            if self._is_fresh(now):
                return
            with caller.serving(caller.NOBODY):
                waiting = await self._look()
            self._oldest, self._read_at = waiting.oldest, now.real
            self._observe(waiting.count)

    def _is_fresh(self, now: ClockReading) -> bool:
        return self._read_at is not None and abs(now.real - self._read_at) < _AGE
