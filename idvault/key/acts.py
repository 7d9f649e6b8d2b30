"""Use cases of keys.

Counts what is stored under a former version of a key and cannot be sealed again: it ends by itself.

Seals stored values again under the version in use, and destroys a version once nothing is under it.

- Any number may run at once, and any may be killed: each value is replaced by itself, and what is left is
  found again by its version.
- A version is over once nothing is stored under it and nobody writes under it any more. That is recorded
  first; its key is then destroyed in this key file, and in every other copy when the command runs there.
- A machine that slept may write under a version that is over: this is sealed again too, and a key is never
  destroyed while something is under it.

Announces the versions in a process's key file, and tells the process which one to use.

Withdraws an announced version whose key is lost, so that the purpose goes on under the version before.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from idvault.core.event_factory import EventFactory
from idvault.key.ports import (
    EndingStore,
    KeyDestroyer,
    KeyRing,
    KeyVersionStore,
    Rewrapper,
    SealedStore,
)
from idvault.sealing import key_version as rules
from idvault.sealing.key_version import SETTLED, HeldKey, KeyKeptError, KeyVersion
from idvault.sealing.ports import SealedValue, UsedVersions
from idvault.verify.clock import ClockReading
from idvault.verify.error import DamagedError, UnavailableError
from idvault.verify.event import SYSTEM_ACTOR, EventType


class Ending(Protocol):
    """What ends by itself under a version. known: all versions of the purpose."""

    async def count(self, version: KeyVersion, known: Sequence[KeyVersion]) -> int:
        """Return how much there is."""
        ...


@dataclass(frozen=True, slots=True)
class NothingEnds:
    """Everything that is stored can be sealed again."""

    async def count(self, version: KeyVersion, known: Sequence[KeyVersion]) -> int:
        """Return 0."""
        return 0


@dataclass(kw_only=True, eq=False, repr=False)
class RequestsEnd:
    """Requests are deleted 7 days after they were made; nobody wrote under a version after its successor."""

    store: EndingStore
    table: str

    async def count(self, version: KeyVersion, known: Sequence[KeyVersion]) -> int:
        """Return how many requests may be under the version."""
        later = next(each for each in known if each.version > version.version)
        before = rules.usable_from(known, later) + SETTLED
        return await self.store.requests_before(table=self.table, before=before)


@dataclass(kw_only=True, eq=False, repr=False)
class ReportsEnd:
    """Secrets of reports end with them; ids of reporters are under the first version, which never ends."""

    store: EndingStore

    async def count(self, version: KeyVersion, known: Sequence[KeyVersion]) -> int:
        """Return how many reports and reporters are under the version."""
        return (await self.store.tip_offs()).get(version.version, 0)


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
