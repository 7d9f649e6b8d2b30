"""The certificate keys that may call, re-read every second so that a revocation takes effect quickly."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from idvault.core.edge.call import Caller
from idvault.core.platform import Platform
from idvault.core.telemetry.logs import describe, log
from idvault_verify.error import IdvaultError, Reason, UnavailableError

# An older list could miss a revocation for too long, so all calls are refused.
_TRUSTED_FOR = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Pin:
    """One key that may call, and its owner. spki: SHA-256 of the SubjectPublicKeyInfo in hex.

    relying_party: of a moderator, whose name is an id; empty for everybody else.
    """

    name: str
    role: str
    actor_id: str
    spki: str
    relying_party: str = ""
    caller: Caller = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Make the caller once, not for each of its calls."""
        made = Caller(self.name, self.role, self.actor_id, self.spki)
        if self.role == "moderator":
            made = Caller(self.relying_party, self.role, self.actor_id, self.spki, moderator_id=self.name)
        object.__setattr__(self, "caller", made)


class Directory:
    """Platforms and monitors from the store, roster members from the roster."""

    def __init__(
        self,
        *,
        platforms: Callable[[], Awaitable[Sequence[Platform]]],
        people: Callable[[], Iterable[Pin]],
        clock: Callable[[], datetime],
        period: float = 1.0,
    ) -> None:
        """Initialise with the sources of keys. clock: real time. period: seconds between reads."""
        self._platforms = platforms
        self._people = people
        self._clock = clock
        self._period = period
        self._pins: dict[tuple[str, str, str], Pin] = {}
        self._read_at: datetime | None = None
        self._read = asyncio.Event()

    async def load(self) -> None:
        """Read all keys now; raises UnavailableError if the store cannot answer."""
        pins = list(self._people())
        for platform in await self._platforms():
            if platform.revoked_at is None:
                own = (platform.name, platform.role, platform.actor_id, platform.spki)
                pins.append(Pin(*own, relying_party=platform.relying_party))
        self._pins = {(pin.role, pin.name, pin.spki): pin for pin in pins}
        self._read_at = self._clock()
        self._read.set()
        self._read = asyncio.Event()

    async def run(self) -> None:
        """Read again every `period` seconds until cancelled; after a failed read the former keys stay."""
        while True:
            await asyncio.sleep(self._period)
            try:
                await self.load()
            except (IdvaultError, OSError, ValueError) as error:
                log().warning("directory_not_read", **describe(error))

    async def until_revoked(self, caller: Caller) -> None:
        """Return once a caller's key is revoked or no longer in the current roster.

        Raises UnavailableError (STORE_UNAVAILABLE) if the keys are too old to know.
        """
        while self.find(role=caller.role, name=caller.pinned_name, spki=caller.spki) is not None:
            read = self._read
            # The time-out makes sure that a list that is no longer updated is noticed by its age.
            with suppress(TimeoutError):
                await asyncio.wait_for(read.wait(), timeout=5 * self._period)

    def find(self, *, role: str, name: str, spki: str, now: datetime | None = None) -> Pin | None:
        """Return the pin of a key, None if it is unknown or revoked. now: the real time, if already read.

        Raises UnavailableError (STORE_UNAVAILABLE) if the last successful read is over a minute old.
        """
        if self._read_at is None or (now or self._clock()) - self._read_at > _TRUSTED_FOR:
            raise UnavailableError(Reason.STORE_UNAVAILABLE)
        return self._pins.get((role, name, spki))
