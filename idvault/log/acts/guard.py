"""Fails closed: refuses every change while a log entry has waited too long for its index.

Makes events with random ids and opening keys.

- A field is filled in once: by the flow that makes the event, or by the store's act.
- The store adds only what it alone knows: what the act has found, counted or stored (Event.with_fields).
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from idvault.core import caller
from idvault.core.entropy import Entropy
from idvault.log.ports import LogStore
from idvault.verify.clock import ClockReading
from idvault.verify.error import Reason, UnavailableError
from idvault.verify.event import Event, EventType
from idvault.verify.seal import Part

PATIENCE = timedelta(seconds=60)
_AGE = timedelta(seconds=1)


def _ignore(_count: int) -> None:
    """No-op observer."""


class LogGuard:
    """The check before every mutation, not before reads. It passes again once no entry waits too long."""

    def __init__(self, *, store: LogStore, observe: Callable[[int], None] = _ignore) -> None:
        """Initialise with the port. observe: receives the count of waiting entries at each read."""
        self._store = store
        self._observe = observe
        self._oldest: datetime | None = None
        self._read_at: datetime | None = None
        self._reading = asyncio.Lock()

    async def check(self, *, now: ClockReading) -> None:
        """Raise UnavailableError (LOG_UNAVAILABLE) if an entry has waited for a minute (real time).

        Raises UnavailableError (STORE_UNAVAILABLE) if the store cannot be read.
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
                waiting = await self._store.unsequenced()
            self._oldest, self._read_at = waiting.oldest, now.real
            self._observe(waiting.count)

    def _is_fresh(self, now: ClockReading) -> bool:
        return self._read_at is not None and abs(now.real - self._read_at) < _AGE


_ID_SIZE = 16
_KEY_SIZE = 32


@dataclass(kw_only=True, eq=False, repr=False)
class EventFactory:
    """Makes events; draws their ids and opening keys from the entropy source."""

    entropy: Entropy

    def event(
        self, kind: EventType, *, actor_id: str, now: ClockReading, account_token: str = "", **fields: Part
    ) -> Event:
        """Return a new event; account_token: empty if no account is concerned."""
        return Event(
            kind,
            actor_id,
            account_token,
            now.business,
            now.real,
            self.new_id(),
            self.entropy.random(_KEY_SIZE),
            fields,
        )

    def new_id(self) -> str:
        """Return 16 random bytes in hex."""
        return self.entropy.random(_ID_SIZE).hex()
