"""Makes, publishes and destroys the intake keys, one for each UTC day of real time.

- The private half is durable in the worker's key file before the public half is published.
- It is destroyed 72 hours after its day: by then every claim that was sealed to it has been settled.
"""

import asyncio
from datetime import UTC, date, datetime, timedelta

from idvault.attest import hpke
from idvault.domain.error import Reason, UnavailableError
from idvault.ports.entropy import Entropy
from idvault.ports.sealing import DayKey, DayKeyStore
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Purpose

_DAY = timedelta(days=1)
# A key of day D goes at the end of D and 72 hours more, which is the start of D + 4.
_LIFETIME = timedelta(days=4)


class DayKeyConflictError(UnavailableError):
    """The published key of a day is not the one in this worker's key file: two files, one database."""

    def __init__(self) -> None:
        """Say what to look for."""
        super().__init__(Reason.STORE_UNAVAILABLE)

    def __str__(self) -> str:
        """Return the meaning; there is nothing else to tell."""
        return "the published intake key of a day is not of this key file; all workers must share one file"


class LocalDayKeyring:
    """The day keys of the workers that share one key file (ports.sealing.DayKeyring)."""

    def __init__(
        self,
        *,
        keys: LocalKeyProvider,
        store: DayKeyStore,
        entropy: Entropy,
        suite: str = hpke.X_WING,
    ) -> None:
        """Take the worker's keys, where public halves are published, and the suite of new keys."""
        self._keys = keys
        self._store = store
        self._entropy = entropy
        self._suite = suite

    async def rotate(self, *, now: datetime) -> None:
        """Publish the keys of today and tomorrow (UTC, real time), destroy those 72 h after their day.

        Safe to call in any number of processes that share one key file. Raises UnavailableError.
        """
        today = now.astimezone(UTC).date()
        for day in (today, today + _DAY):
            await self._publish(day.isoformat())
        await self._destroy(today)

    async def _publish(self, day: str) -> None:
        # The file is encrypted anew at each change, on purpose slowly: not in the event loop.
        private_key = await asyncio.to_thread(
            self._keys.put, Purpose.INTAKE, day, self._entropy.random(hpke.PRIVATE_KEY_SIZE)
        )
        public_key = hpke.public_key(suite=self._suite, private_key=private_key)
        published = await self._store.publish(DayKey(day, self._suite, public_key))
        if published.public_key != hpke.public_key(suite=published.suite, private_key=private_key):
            raise DayKeyConflictError

    async def _destroy(self, today: date) -> None:
        kept_from = (today - _LIFETIME + _DAY).isoformat()
        for day in sorted(self._keys.keys(Purpose.INTAKE).versions):
            if day < kept_from:
                await asyncio.to_thread(self._keys.destroy, Purpose.INTAKE, day)
        await self._store.forget(before=kept_from)
