"""Withdraws an announced version whose key is lost, so that the purpose goes on under the version before."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from idvault.key.ports.key import KeyVersionStore
from idvault.log.acts.events import EventFactory
from idvault.sealing import key_version as rules
from idvault.sealing.key_version import HeldKey, KeyKeptError, KeyVersion
from idvault.verify.clock import ClockReading
from idvault.verify.event import SYSTEM_ACTOR, EventType


@dataclass(kw_only=True, eq=False, repr=False)
class WithdrawalFlow:
    """The newest version of one purpose. stored: counts what is under a version, used since a real time."""

    purpose: str
    versions: KeyVersionStore
    events: EventFactory
    stored: Callable[[KeyVersion, datetime], Awaitable[int]]

    async def withdraw(self, *, held: Sequence[HeldKey], now: ClockReading) -> int:
        """Withdraw the newest version and return its number; raises KeyKeptError. held: of the key file."""
        known = rules.of(await self.versions.all(), self.purpose)
        own = [each for each in held if each.purpose == self.purpose]
        newest = rules.withdrawable(known, held=own)
        count = await self.stored(newest, rules.usable_from(known, newest))
        if count:
            raise KeyKeptError(
                f"{count} are stored under version {newest.version}: find the file that has it"
            )
        event = self.events.event(
            EventType.KEY_WITHDRAW,
            actor_id=SYSTEM_ACTOR,
            now=now,
            purpose=newest.purpose,
            version=newest.version,
            check=newest.check,
        )
        await self.versions.withdraw(newest, event=event)
        return newest.version
