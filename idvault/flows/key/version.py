"""Announces the versions in a process's key file, and tells the process which one to use."""

from dataclasses import dataclass
from datetime import datetime

from idvault.domain import key as rules
from idvault.domain.clock import ClockReading
from idvault.domain.event import SYSTEM_ACTOR, EventType
from idvault.domain.key import HeldKey, KeyVersion
from idvault.flows.log.events import EventFactory
from idvault.ports.key import KeyRing, KeyVersionStore, UsedVersions


@dataclass(kw_only=True, eq=False, repr=False)
class KeyVersionFlow:
    """The versions of one key file."""

    store: KeyVersionStore
    keys: KeyRing
    events: EventFactory

    async def follow(self, *, now: ClockReading) -> list[HeldKey]:
        """Announce what is new in the file, and use what is due; return what was announced.

        Raises KeyConflictError, and the file then changes nothing; KeyBehindError, and the purpose that lacks
        its version is unavailable; UnavailableError.
        """
        held = await self.keys.held()
        announced = await self.store.all()
        rules.check(announced=announced, held=held)
        known = {(each.purpose, each.version) for each in announced}
        unknown = [each for each in held if (each.purpose, each.version) not in known]
        new = [each for each in unknown if await self._is_new(each, now)]
        if unknown:
            announced = await self.store.all()
        rules.check(announced=announced, held=held)
        purposes = {each.purpose for each in held}
        self.keys.use({purpose: _used(rules.of(announced, purpose), now.real) for purpose in purposes})
        rules.check_current(announced=announced, held=held, now=now.real)
        return new

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


def _used(versions: list[KeyVersion], now: datetime) -> UsedVersions:
    current = rules.in_use(versions, now=now)
    over = frozenset(each.version for each in versions if each.over_at is not None)
    # The flow has announced the purpose, so there is a version in use.
    return UsedVersions(versions[0].version if current is None else current.version, over)
