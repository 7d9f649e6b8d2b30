"""Announces the versions in a process's key file, and tells the process which one to use."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from idvault.key.ports.key import KeyRing, KeyVersionStore
from idvault.log.acts.events import EventFactory
from idvault.sealing import key_version as rules
from idvault.sealing.key_version import HeldKey, KeyVersion
from idvault.sealing.ports import UsedVersions
from idvault.verify.clock import ClockReading
from idvault.verify.error import UnavailableError
from idvault.verify.event import SYSTEM_ACTOR, EventType


@dataclass(kw_only=True, eq=False, repr=False)
class KeyVersionFlow:
    """The versions of one key file."""

    store: KeyVersionStore
    keys: KeyRing
    events: EventFactory

    async def follow(self, *, now: ClockReading) -> list[HeldKey]:
        """Announce what is new in the file, and use what is due; return what was announced.

        What is due is used in any case, so that nothing is written under a former version: a purpose is
        unavailable if the file lacks the version in use, or has another key under it. Raises
        KeyConflictError or KeyBehindError, and nothing is announced; UnavailableError.
        """
        try:
            held = await self.keys.held()
        except UnavailableError:
            self._use(await self.store.all(), now)
            raise
        announced = await self.store.all()
        self._use(announced, now)
        rules.check(announced=announced, held=held)
        # What else is in a file that lacks the version in use is not new: it may be later than this database.
        rules.check_current(announced=announced, held=held, now=now.real)
        known = {(each.purpose, each.version) for each in announced}
        unknown = [each for each in held if (each.purpose, each.version) not in known]
        if not unknown:
            return []
        new = [each for each in unknown if await self._is_new(each, now)]
        announced = await self.store.all()
        self._use(announced, now)
        rules.check(announced=announced, held=held)
        rules.check_current(announced=announced, held=held, now=now.real)
        return new

    async def lacking(self, *, now: ClockReading) -> list[KeyVersion]:
        """Return what will be used and the file lacks; raises UnavailableError."""
        return rules.lacking(announced=await self.store.all(), held=self.keys.last_held(), now=now.real)

    def _use(self, announced: Sequence[KeyVersion], now: ClockReading) -> None:
        purposes = {each.purpose for each in announced}
        used = {each: self._used(rules.of(announced, each), now.real) for each in purposes}
        self.keys.use(used)

    def _used(self, versions: Sequence[KeyVersion], now: datetime) -> UsedVersions:
        current = rules.in_use(versions, now=now)
        over = frozenset(each.version for each in versions if each.over_at is not None)
        own = rules.confirmed(announced=versions, held=self.keys.last_held())
        # Something is announced; by this machine's clock it may be due slightly later.
        return UsedVersions(versions[0].version if current is None else current.version, over, own)

    async def _is_new(self, held: HeldKey, now: ClockReading) -> bool:
        event = self.events.event(
            EventType.KEY_ANNOUNCE,
            actor_id=SYSTEM_ACTOR,
            now=now,
            purpose=held.purpose,
            version=held.version,
            check=held.check,
        )
        made = KeyVersion(held.purpose, held.version, held.check, now.real)
        return await self.store.announce(made, event=event)
