"""Seals stored values again under the version in use, and destroys a version once nothing is under it.

- Any number may run at once, and any may be killed: each value is replaced by itself, and what is left is
  found again by its version.
- A version is over once nothing is stored under it and nobody writes under it any more. That is recorded
  first; its key is then destroyed in this key file, and in every other copy when the command runs there.
- A machine that slept may write under a version that is over: this is sealed again too, and a key is never
  destroyed while something is under it.
- What cannot be sealed again ends by itself, and is counted until it has.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from idvault.core.act import SYSTEM, Vault
from idvault.key.acts import version as version_acts
from idvault.key.ports import KeyDestroyer, Rewrapper
from idvault.key.store import sealed as store
from idvault.key.store.sealed import SealedColumn
from idvault.sealing import key_version as rules
from idvault.sealing.key_version import SETTLED, KeyVersion
from idvault.sealing.ports import SealedValue
from idvault_verify.clock import ClockReading
from idvault_verify.error import DamagedError

_BATCH = 100
Ending = Callable[[KeyVersion, Sequence[KeyVersion]], Awaitable[int]]
"""Returns how much ends by itself under a version. Its second argument: all versions of the purpose."""


async def nothing_ends(_version: KeyVersion, _known: Sequence[KeyVersion]) -> int:
    """Return 0: everything that is stored can be sealed again."""
    return 0


async def requests_before(vault: Vault, table: str, before: datetime) -> int:
    """Return how many requests were made before a business time; table: requests, person_requests."""
    return await vault.read(
        "ending.requests", lambda one: store.requests_before(one, table=table, before=before)
    )


async def requests_end(vault: Vault, table: str, version: KeyVersion, known: Sequence[KeyVersion]) -> int:
    """Return how many requests may be under the version.

    They are deleted 7 days after they were made; nobody wrote under a version after its successor.
    """
    later = next(each for each in known if each.version > version.version)
    return await requests_before(vault, table, rules.usable_from(known, later) + SETTLED)


async def reports_end(vault: Vault, version: KeyVersion, _known: Sequence[KeyVersion] = ()) -> int:
    """Return how many reports and reporters are under the version.

    Secrets of reports end with them; ids of reporters are under the first version, which never ends.
    """
    return (await vault.read("ending.tip_offs", store.tip_off_secrets)).get(version.version, 0)


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
class Rewrapping:
    """The values of one purpose.

    sources: each kind of stored value with what seals it again. ending: counts what ends by itself under a
    former version. destroys: whether a version that is over leaves the file. lasting: those that never
    end.
    """

    vault: Vault
    purpose: str
    sources: Sequence[tuple[SealedColumn, Rewrapper]]
    ending: Ending
    keys: KeyDestroyer
    destroys: bool
    lasting: frozenset[int] = frozenset()
    _damaged: set[tuple[str, tuple[str | int, ...]]] = field(default_factory=set, init=False)

    async def run(
        self, *, now: ClockReading, tell: Callable[[RewrapProgress], None] = lambda _: None
    ) -> RewrapProgress:
        """Seal everything again that is under another version; tell how far it is after every batch."""
        former = await self._former(now)
        done, left = 0, await self._left(former)
        for column, rewrapper in self.sources:
            while found := await self._some(column, former):
                for value in found:
                    done += await self._one(column, rewrapper, value)
                tell(RewrapProgress(done, max(0, left - done), len(self._damaged)))
        return RewrapProgress(done, await self._left(former), len(self._damaged))

    async def end(self, *, now: ClockReading) -> EndedVersions:
        """End the former versions under which nothing is stored, and destroy those over."""
        known = await self._known()
        current = rules.in_use(known, now=now.real)
        if current is None:
            return EndedVersions((), (), {}, is_settled=False)
        settled, stored = rules.is_settled(known, now=now.real), await self.stored(known, now=now)
        for each in rules.former(known, now=now.real) if settled else ():
            if not stored[each.version] and each.version not in self.lasting:
                await version_acts.end(self.vault, SYSTEM, now, each)
        ended = rules.before(await self._known(), now=now.real)
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
            each.version: counts.get(each.version, 0) + await self.ending(each, known)
            for each in rules.before(known, now=now.real)
        }

    async def counts(self) -> dict[int, int]:
        """Return how many sealed values there are under each version."""
        counts: dict[int, int] = {}
        for column, _ in self.sources:
            found = await self.vault.read("sealed.counts", partial(store.counts, column=column))
            for version, count in found.items():
                if version.isdecimal():  # a damaged value may name none
                    counts[int(version)] = counts.get(int(version), 0) + count
        return counts

    async def _former(self, now: ClockReading) -> list[str]:
        known = await self._known()
        return [str(each.version) for each in rules.before(known, now=now.real)]

    async def _left(self, former: Sequence[str]) -> int:
        counts = await self.counts()
        return sum(counts.get(int(version), 0) for version in former) - len(self._damaged)

    async def _known(self) -> list[KeyVersion]:
        return rules.of(await version_acts.announced(self.vault.main), self.purpose)

    async def _some(self, column: SealedColumn, former: Sequence[str]) -> list[SealedValue]:
        # Values that could not be opened are found again.
        limit = _BATCH + len(self._damaged)
        found = await self.vault.read(
            "sealed.some", lambda one: store.some(one, column, versions=former, limit=limit)
        )
        return [each for each in found if (each.where, each.row) not in self._damaged]

    async def _one(self, column: SealedColumn, rewrapper: Rewrapper, value: SealedValue) -> bool:
        try:
            later = rewrapper.rewrapped(value)
            return await self.vault.main.act(
                "sealed.replace", lambda one: store.replace(one, column, value, later)
            )
        except DamagedError:
            self._damaged.add((value.where, value.row))
            return False
