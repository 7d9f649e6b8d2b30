"""The certificate keys that may call, re-read while the service runs, so that a revocation counts at once."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from idvault.api.edge.call import Caller
from idvault.domain.error import IdvaultError, Reason, UnavailableError
from idvault.ports.platform import PlatformStore
from idvault.telemetry.logs import describe, log

# Past this age the list could miss a revocation for too long: better nobody than somebody revoked.
_TRUSTED_FOR = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Pin:
    """One key that may call: SHA-256 of the SubjectPublicKeyInfo in hex, and whose it is."""

    name: str
    role: str
    actor_id: str
    spki: str


class Directory:
    """Platforms and monitors from the store, people from the roster."""

    def __init__(
        self,
        *,
        platforms: PlatformStore,
        people: Callable[[], Iterable[Pin]],
        clock: Callable[[], datetime],
        period: float = 1.0,
    ) -> None:
        """Take where the keys come from. clock: real time. period: seconds between two readings."""
        self._platforms = platforms
        self._people = people
        self._clock = clock
        self._period = period
        self._pins: dict[tuple[str, str, str], Pin] = {}
        self._read_at: datetime | None = None
        self._read = asyncio.Event()

    async def load(self) -> None:
        """Read all keys now; raises UnavailableError where the store cannot answer."""
        pins = list(self._people())
        for platform in await self._platforms.all():
            if platform.revoked_at is None:
                pins.append(Pin(platform.name, platform.role, platform.actor_id, platform.spki))
        self._pins = {(pin.role, pin.name, pin.spki): pin for pin in pins}
        self._read_at = self._clock()
        self._read.set()
        self._read = asyncio.Event()

    async def run(self) -> None:
        """Read again every period seconds until cancelled; a failed reading keeps the keys as they were."""
        while True:
            await asyncio.sleep(self._period)
            try:
                await self.load()
            except (IdvaultError, OSError, ValueError) as error:
                log().warning("directory_not_read", **describe(error))

    async def until_revoked(self, caller: Caller) -> None:
        """Return once a caller's key does not count any more: revoked, or out of the roster in force.

        Raises UnavailableError (STORE_UNAVAILABLE) if that cannot be known any more.
        """
        while self.find(role=caller.role, name=caller.name, spki=caller.spki) is not None:
            read = self._read
            # A list that nobody can read again is found out too, by its age.
            with suppress(TimeoutError):
                await asyncio.wait_for(read.wait(), timeout=5 * self._period)

    def find(self, *, role: str, name: str, spki: str) -> Pin | None:
        """Return the key's pin, None if it is unknown or revoked.

        Raises UnavailableError (STORE_UNAVAILABLE) if the last good reading is over a minute old.
        """
        if self._read_at is None or self._clock() - self._read_at > _TRUSTED_FOR:
            raise UnavailableError(Reason.STORE_UNAVAILABLE)
        return self._pins.get((role, name, spki))
