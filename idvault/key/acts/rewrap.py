"""Seals stored values again under the version in use, and destroys a version once nothing is under it.

- Any number may run at once, and any may be killed: each value is replaced by itself, and what is left is
  found again by its version.
- A version is over once nothing is stored under it and nobody writes under it any more. That is recorded
  first; its key is then destroyed in this key file, and in every other copy when the command runs there.
- A machine that slept may write under a version that is over: this is sealed again too, and a key is never
  destroyed while something is under it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from idvault.key.acts.ending import Ending
from idvault.key.ports.key import KeyDestroyer, KeyVersionStore, Rewrapper, SealedStore
from idvault.log.acts.events import EventFactory
from idvault.sealing import key_version as rules
from idvault.sealing.key_version import KeyVersion
from idvault.sealing.ports import SealedValue
from idvault.verify.clock import ClockReading
from idvault.verify.error import DamagedError
from idvault.verify.event import SYSTEM_ACTOR, EventType

_BATCH = 100


@dataclass(frozen=True, slots=True)
class RewrapProgress:
    """How far a run is. left: values under other versions that can still be sealed again.

    damaged: those that cannot: they do not open, or a person has another row under the version in use.
    """

    done: int
    left: int
    damaged: int


@dataclass(frozen=True, slots=True)
class EndedVersions:
    """What the end of a run found.

    kept: how many values are under each version that the file keeps: it is not over, something was stored
    under it after it was, or it never ends.
    """

    over: Sequence[int]
    destroyed: Sequence[int]
    kept: Mapping[int, int]
    is_settled: bool


@dataclass(kw_only=True, eq=False, repr=False)
class RewrapFlow:
    """The values of one purpose.

    sources: each kind of stored value with what seals it again. ending: counts what ends by itself under a
    former version. destroys: whether a version that is over leaves the file. lasting: those that never
    end.
    """

    purpose: str
    sources: Sequence[tuple[SealedStore, Rewrapper]]
    ending: Ending
    versions: KeyVersionStore
    keys: KeyDestroyer
    events: EventFactory
    destroys: bool
    lasting: frozenset[int] = frozenset()
    _damaged: set[tuple[str, tuple[str | int, ...]]] = field(default_factory=set, init=False)

    async def run(
        self, *, now: ClockReading, tell: Callable[[RewrapProgress], None] = lambda _: None
    ) -> RewrapProgress:
        """Seal everything again that is under another version; tell how far it is after every batch."""
        former = await self._former(now)
        done, left = 0, await self._left(former)
        for store, rewrapper in self.sources:
            while found := await self._some(store, former):
                for value in found:
                    done += await self._one(store, rewrapper, value)
                tell(RewrapProgress(done, max(0, left - done), len(self._damaged)))
        return RewrapProgress(done, await self._left(former), len(self._damaged))

    async def end(self, *, now: ClockReading) -> EndedVersions:
        """End the former versions under which nothing is stored, and destroy those over."""
        known = rules.of(await self.versions.all(), self.purpose)
        current = rules.in_use(known, now=now.real)
        if current is None:
            return EndedVersions((), (), {}, is_settled=False)
        settled, stored = rules.is_settled(known, now=now.real), await self.stored(known, now=now)
        for each in rules.former(known, now=now.real) if settled else ():
            if not stored[each.version] and each.version not in self.lasting:
                await self._end(each, now)
        ended = rules.before(rules.of(await self.versions.all(), self.purpose), now=now.real)
        over = [each.version for each in ended if each.over_at]
        kept = {
            each.version: stored[each.version]
            for each in ended
            if stored[each.version] or each.version not in over or each.version in self.lasting
        }
        wanted = [number for number in over if number not in kept] if self.destroys else ()
        destroyed = await self.keys.destroyed(self.purpose, wanted, successor=current.version)
        return EndedVersions(over, destroyed, kept, settled)

    async def stored(self, known: Sequence[KeyVersion], *, now: ClockReading) -> Mapping[int, int]:
        """Return how much is under each version. known: all of the purpose."""
        counts = await self.counts()
        return counts | {
            each.version: counts.get(each.version, 0) + await self.ending.count(each, known)
            for each in rules.before(known, now=now.real)
        }

    async def counts(self) -> dict[int, int]:
        """Return how many sealed values there are under each version."""
        counts: dict[int, int] = {}
        for store, _ in self.sources:
            for version, count in (await store.counts()).items():
                if version.isdecimal():  # a damaged value may name none
                    counts[int(version)] = counts.get(int(version), 0) + count
        return counts

    async def _former(self, now: ClockReading) -> list[str]:
        known = rules.of(await self.versions.all(), self.purpose)
        return [str(each.version) for each in rules.before(known, now=now.real)]

    async def _left(self, former: Sequence[str]) -> int:
        counts = await self.counts()
        return sum(counts.get(int(version), 0) for version in former) - len(self._damaged)

    async def _some(self, store: SealedStore, former: Sequence[str]) -> list[SealedValue]:
        # Values that could not be opened are found again.
        found = await store.some(versions=former, limit=_BATCH + len(self._damaged))
        return [each for each in found if (each.where, each.row) not in self._damaged]

    async def _one(self, store: SealedStore, rewrapper: Rewrapper, value: SealedValue) -> bool:
        try:
            return await store.replace(value, rewrapper.rewrapped(value))
        except DamagedError:
            self._damaged.add((value.where, value.row))
            return False

    async def _end(self, version: KeyVersion, now: ClockReading) -> None:
        event = self.events.event(
            EventType.KEY_END,
            actor_id=SYSTEM_ACTOR,
            now=now,
            purpose=version.purpose,
            version=version.version,
        )
        await self.versions.end(replace(version, over_at=now.real), event=event)
