"""Rewraps what is stored under the keys of one key file, and withdraws a version whose key is lost."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from idvault.core.act import Vault
from idvault.core.config import Settings
from idvault.core.db.database import SqlServerClock
from idvault.key.acts import version as version_acts
from idvault.key.acts.rewrap import (
    EndedVersions,
    Ending,
    Rewrapping,
    RewrapProgress,
    nothing_ends,
    reports_end,
    requests_before,
    requests_end,
)
from idvault.key.ports import Rewrapper
from idvault.key.store import sealed as key_sealed
from idvault.key.store.sealed import SealedColumn
from idvault.processes.bootstrap.base import ENTROPY, load_keys, urls
from idvault.processes.bootstrap.operator import main_database
from idvault.processes.bootstrap.vault import vault_of
from idvault.sanction.objection.acts import FIELD
from idvault.sealing import key_version as rules
from idvault.sealing.identity import CurrentIndexer
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault.sealing.key_version import KeyVersion
from idvault.sealing.rewrap import (
    CaseTextRewrapper,
    IndexRewrapper,
    ModerationTextRewrapper,
    SecondFactorRewrapper,
)
from idvault.sealing.second_factor import TotpSealer
from idvault.sealing.text import FIRST_VERSION, KeyedCaseTextSealer, KeyedModerationTextSealer
from idvault_verify.clock import ClockReading

Sources = Sequence[tuple[SealedColumn, Rewrapper]]
# In this order: the longest work last.
_PURPOSES = (
    Purpose.CASE_TEXT,
    Purpose.SECOND_FACTOR,
    Purpose.PERSON_REQUEST,
    Purpose.MODERATION_TEXT,
    Purpose.TIP_OFF,
    Purpose.REQUEST,
    Purpose.INDEX,
)
# Without it, nobody could report: ids of reporters are made with it, of those who have not reported yet too.
_LASTING = {Purpose.TIP_OFF: frozenset({FIRST_VERSION})}


@dataclass(frozen=True, slots=True)
class Rewrapped:
    """What a run did for one purpose."""

    purpose: str
    progress: RewrapProgress
    ended: EndedVersions


def rewrappings(vault: Vault, keys: LocalKeyProvider) -> dict[Purpose, Rewrapping]:
    """Return the rewrapping of each purpose of a key file whose versions can end."""
    endings: dict[Purpose, Ending] = {
        Purpose.PERSON_REQUEST: partial(requests_end, vault, "person_requests"),
        Purpose.REQUEST: partial(requests_end, vault, "requests"),
        Purpose.TIP_OFF: partial(reports_end, vault),
    }
    return {
        purpose: Rewrapping(
            vault=vault,
            purpose=purpose.value,
            sources=_sources(keys, purpose),
            ending=endings.get(purpose, nothing_ends),
            keys=keys,
            # Without its first keys, a chain computes no index from a number.
            destroys=purpose is not Purpose.INDEX,
            lasting=_LASTING.get(purpose, frozenset()),
        )
        for purpose in _PURPOSES
        if purpose in keys.purposes
    }


async def rewrap(
    settings: Settings,
    *,
    purpose: str | None,
    now: ClockReading,
    tell: Callable[[str, RewrapProgress], None],
) -> list[Rewrapped]:
    """Re-seal what the keys of IDVAULT_KEYS protect, and destroy the versions that are over."""
    done = []
    async with _followed(settings, now=now) as (vault, keys):
        for each, rewrapping in rewrappings(vault, keys).items():
            if purpose in (None, each.value):
                progress = await rewrapping.run(now=now, tell=partial(tell, each.value))
                done.append(Rewrapped(each.value, progress, await rewrapping.end(now=now)))
    return done


@dataclass(frozen=True, slots=True)
class VersionState:
    """A version as the main database knows it. stored: how much is under it, None if nobody counts that."""

    announced: KeyVersion
    current: int
    stored: int | None

    @property
    def word(self) -> str:
        """How far the version is: announced, in use, former or over."""
        if self.announced.version == self.current:
            return "in use"
        if self.announced.over_at is not None:
            return "over"
        return "announced" if self.announced.version > self.current else "former"


async def version_states(settings: Settings, *, now: ClockReading) -> dict[tuple[str, str], VersionState]:
    """Return the state of each version of the file of IDVAULT_KEYS, by purpose and version."""
    states = {}
    async with _followed(settings, now=now) as (vault, keys):
        found = {purpose.value: each for purpose, each in rewrappings(vault, keys).items()}
        announced = await version_acts.announced(vault.main)
        for purpose in {each.purpose for each in announced}:
            known = rules.of(announced, purpose)
            current = rules.in_use(known, now=now.real)
            counts = await found[purpose].stored(known, now=now) if purpose in found else {}
            for each in known:
                number = -1 if current is None else current.version
                state = VersionState(each, number, counts.get(each.version))
                states[purpose, str(each.version)] = state
    return states


@asynccontextmanager
async def _followed(
    settings: Settings, *, now: ClockReading
) -> AsyncIterator[tuple[Vault, LocalKeyProvider]]:
    """Open main database and key file, with the versions in use of the vault; raises KeyClockError."""
    keys = load_keys(settings)
    async with main_database(settings) as main:
        # By a wrong clock, a version that every process writes under would be over.
        theirs = await SqlServerClock(database=main, url=urls(settings)[0]).read()
        rules.check_clock(theirs=theirs, now=now.real)
        vault = vault_of(main)
        await version_acts.follow(vault, keys, now)
        yield vault, keys


def _sources(keys: LocalKeyProvider, purpose: Purpose) -> Sources:
    if purpose is Purpose.INDEX:
        return [(key_sealed.PERSONS, IndexRewrapper(indexer=CurrentIndexer(keys=keys)))]
    if purpose is Purpose.CASE_TEXT:
        texts = CaseTextRewrapper(sealer=KeyedCaseTextSealer(keys=keys, entropy=ENTROPY))
        return [(column, texts) for column in key_sealed.CASE_TEXTS]
    if purpose is Purpose.MODERATION_TEXT:
        sealer = KeyedModerationTextSealer(keys=keys, entropy=ENTROPY)
        cases = ModerationTextRewrapper(sealer=sealer, field=FIELD)
        return [(column, cases) for column in key_sealed.MODERATION_TEXTS]
    if purpose is Purpose.SECOND_FACTOR:
        factors = SecondFactorRewrapper(sealer=TotpSealer(keys=keys, entropy=ENTROPY))
        return [(column, factors) for column in key_sealed.SECOND_FACTORS]
    return []


_REQUESTS = {Purpose.REQUEST: "requests", Purpose.PERSON_REQUEST: "person_requests"}
_AFTER_ALL = timedelta(days=1)


async def withdraw_newest(
    vault: Vault, keys: LocalKeyProvider, purpose: Purpose, *, now: ClockReading
) -> int:
    """Withdraw the newest version of a purpose; raises KeyMissingError, KeyKeptError."""
    keys.keys(purpose)

    async def stored(version: KeyVersion, since: datetime) -> int:
        if purpose is Purpose.TIP_OFF:
            return await reports_end(vault, version)
        if purpose in _REQUESTS:
            table, until = _REQUESTS[purpose], now.business + _AFTER_ALL
            before = await requests_before(vault, table, since)
            return await requests_before(vault, table, max(until, since)) - before
        return (await rewrappings(vault, keys)[purpose].counts()).get(version.version, 0)

    return await version_acts.withdraw(vault, purpose.value, now, held=await keys.held(), stored=stored)


async def withdraw(settings: Settings, *, purpose: str, now: ClockReading) -> int:
    """Withdraw the newest version of a purpose, which the file of IDVAULT_KEYS lacks; return its number.

    Raises KeyKeptError, KeyClockError.
    """
    keys = load_keys(settings)
    async with main_database(settings) as main:
        theirs = await SqlServerClock(database=main, url=urls(settings)[0]).read()
        rules.check_clock(theirs=theirs, now=now.real)
        return await withdraw_newest(vault_of(main), keys, Purpose(purpose), now=now)
