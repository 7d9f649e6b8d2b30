"""The keys in use: versions announced, used and withdrawn; stored keys; repeats under former versions.

- A version is announced from a process's key file. Intake keys and shred keys are in the databases.
- A repeat of a request runs under the version of the first time, so that its fingerprint and its answer are
  the same. Requests are kept for 7 days, so a version is looked under for that long after its successor's
  begin.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeVar

from idvault.core import account_request
from idvault.core.act import SYSTEM, Tx, Vault, act
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.key.ports import KeyRing
from idvault.key.store import version as store
from idvault.sealing import key_version as rules
from idvault.sealing.key_version import HeldKey, KeyKeptError, KeyVersion
from idvault.sealing.ports import DayKey, UsedVersions
from idvault.sealing.request import RequestKeys
from idvault_verify.clock import ClockReading
from idvault_verify.error import UnavailableError
from idvault_verify.event import EventType


async def announced(main: Database) -> list[KeyVersion]:
    """Return every announced version; raises UnavailableError."""
    return await main.read("key_version.all", store.announced)


@act("key_version.announce")
async def announce(tx: Tx, held: HeldKey) -> bool:
    """Announce a version of a key file, unless another process has; return whether this one did."""
    made = KeyVersion(held.purpose, held.version, held.check, tx.now.real)
    if not await store.announce(tx.connection, made):
        tx.unchanged("the version is announced")
        return False
    await tx.log(EventType.KEY_ANNOUNCE, purpose=held.purpose, version=held.version, check=held.check)
    return True


@act("key_version.end")
async def end(tx: Tx, version: KeyVersion) -> None:
    """Record that a version is over, once."""
    if await store.end(tx.connection, version, over_at=tx.now.real):
        await tx.log(EventType.KEY_END, purpose=version.purpose, version=version.version)
    else:
        tx.unchanged("the version is over")


@act("key_version.withdraw")
async def _withdraw(tx: Tx, version: KeyVersion) -> None:
    if await store.withdraw(tx.connection, version):
        await tx.log(
            EventType.KEY_WITHDRAW, purpose=version.purpose, version=version.version, check=version.check
        )
    else:
        tx.unchanged("the version is withdrawn, or another key has its number")


async def follow(vault: Vault, keys: KeyRing, now: ClockReading) -> list[HeldKey]:
    """Announce what is new in the key file, and use what is due; return what was announced.

    What is due is used in any case, so that nothing is written under a former version: a purpose is
    unavailable if the file lacks the version in use, or has another key under it. Raises KeyConflictError or
    KeyBehindError, and nothing is announced; UnavailableError.
    """
    try:
        held = await keys.held()
    except UnavailableError:
        _use(keys, await announced(vault.main), now)
        raise
    found = await _followed(vault, keys, held, now)
    known = {(each.purpose, each.version) for each in found}
    unknown = [each for each in held if (each.purpose, each.version) not in known]
    if not unknown:
        return []
    new = [each for each in unknown if await announce(vault, SYSTEM, now, each)]
    await _followed(vault, keys, held, now)
    return new


async def _followed(
    vault: Vault, keys: KeyRing, held: Sequence[HeldKey], now: ClockReading
) -> list[KeyVersion]:
    found = await announced(vault.main)
    _use(keys, found, now)
    rules.check(announced=found, held=held)
    # What else is in a file that lacks the version in use is not new: it may be later than this database.
    rules.check_current(announced=found, held=held, now=now.real)
    return found


async def lacking(vault: Vault, keys: KeyRing, now: ClockReading) -> list[KeyVersion]:
    """Return what will be used and the file lacks; raises UnavailableError."""
    return rules.lacking(announced=await announced(vault.main), held=keys.last_held(), now=now.real)


def _use(keys: KeyRing, found: Sequence[KeyVersion], now: ClockReading) -> None:
    purposes = {each.purpose for each in found}
    keys.use({each: _used(keys, rules.of(found, each), now.real) for each in purposes})


def _used(keys: KeyRing, versions: Sequence[KeyVersion], now: datetime) -> UsedVersions:
    current = rules.in_use(versions, now=now)
    over = frozenset(each.version for each in versions if each.over_at is not None)
    own = rules.confirmed(announced=versions, held=keys.last_held())
    # Something is announced; by this machine's clock it may be due slightly later.
    return UsedVersions(versions[0].version if current is None else current.version, over, own)


async def withdraw(
    vault: Vault,
    purpose: str,
    now: ClockReading,
    *,
    held: Sequence[HeldKey],
    stored: Callable[[KeyVersion, datetime], Awaitable[int]],
) -> int:
    """Withdraw the newest version of a purpose, so that it goes on under the one before; return its number.

    held: of the key file. stored: counts what is under a version, used since a real time. Raises
    KeyKeptError.
    """
    known = rules.of(await announced(vault.main), purpose)
    own = [each for each in held if each.purpose == purpose]
    newest = rules.withdrawable(known, held=own)
    count = await stored(newest, rules.usable_from(known, newest))
    if count:
        raise KeyKeptError(f"{count} are stored under version {newest.version}: find the file that has it")
    await _withdraw(vault, SYSTEM, now, newest)
    return newest.version


T = TypeVar("T")


@dataclass(kw_only=True, eq=False, repr=False)
class RepeatedPlatformRequests:
    """Requests whose ids are keyed: the id under each version is looked up."""

    keys: RequestKeys
    main: Database

    async def answer(self, work: Callable[[], Awaitable[T]], *, caller: str, request_id: str) -> T:
        """Do the work under the version of the first time (core.request.RepeatedRequests)."""
        version = await self._version(caller, request_id) if request_id else None
        if version is None:
            return await work()
        with self.keys.under(version):
            return await work()

    async def _version(self, caller: str, request_id: str) -> str | None:
        ids = {
            each.kept_id(relying_party=caller, request_id=request_id): version
            for version, each in self.keys.others()
        }
        if not ids:
            return None

        async def kept(connection: Connection) -> list[str]:
            return await account_request.kept(connection, caller=caller, request_ids=list(ids))

        found = await self.main.read("request.kept", kept)
        return next((ids[each] for each in found), None)


_KEY_SIZE = 32


@dataclass(frozen=True, eq=False, repr=False)
class DayKeys:
    """The published intake keys in a main database. Every method raises UnavailableError."""

    main: Database

    async def publish(self, key: DayKey) -> DayKey:
        """Insert a key if absent; return the key that is published under its name."""
        return await self.main.act("day_key.publish", lambda one: store.publish_day_key(one, key))

    async def newest(self, *, day: str) -> DayKey | None:
        """Return the newest key of a day."""
        return await self.main.one("day_key.newest", store.NEWEST_DAY_KEY, day=day)

    async def names(self) -> list[str]:
        """Return the name of every published key, in order."""
        return await self.main.read("day_key.names", store.day_key_names)

    async def is_needed(self, *, day: str) -> bool:
        """Tell whether a waiting claim is sealed to the key of this name."""
        return await self.main.one("day_key.is_needed", store.IS_NEEDED, day=day) is True

    async def forget(self, *, day: str) -> None:
        """Delete the public key of this name."""
        await self.main.act("day_key.forget", lambda one: store.forget_day_key(one, day))


@dataclass(frozen=True, eq=False, repr=False)
class ShredKeys:
    """The keys of records' versions in a shred database. Every method raises UnavailableError."""

    shred: Database

    async def obtain(self, *, account_token: str, record_id: str, candidate: bytes) -> bytes:
        """Insert the 32-byte candidate if the version has no key; return the stored key."""
        if len(candidate) != _KEY_SIZE:
            raise ValueError("a shred key must have 32 bytes")
        version = {"account_token": account_token, "record_id": record_id}
        added = await self.shred.write("shred.obtain", store.OBTAIN_SHRED, **version, shred_key=candidate)
        # A version's id is drawn for its sealing, and a key is deleted only once its version has ended.
        stored = added or await self.find(**version)
        if stored is None:
            raise LookupError("a stored shred key is missing")
        return stored

    async def find(self, *, account_token: str, record_id: str) -> bytes | None:
        """Return the stored key of a version, or None; never creates one."""
        return await self.shred.one("shred.find", store.FIND_SHRED, token=account_token, record_id=record_id)

    async def has(self, *, account_token: str, record_id: str) -> bool:
        """Tell whether a version has a key, without reading it."""
        found = await self.shred.one("shred.has", store.HAS_SHRED, token=account_token, record_id=record_id)
        return found is True

    async def destroy(self, *, account_token: str, kept: Collection[str] = ()) -> None:
        """Delete every key of an account; it makes copies of records in backups useless.

        kept: the versions whose keys stay.
        """
        work = partial(store.destroy_all, account_token=account_token, kept=kept, is_file=self.shred.is_file)
        await self.shred.act("shred.destroy", work)

    async def destroy_version(self, *, account_token: str, record_id: str, others: Collection[str]) -> None:
        """Delete the key of one version. others: the versions of the account that stay."""
        work = partial(
            store.destroy_version,
            account_token=account_token,
            record_id=record_id,
            others=others,
            is_file=self.shred.is_file,
        )
        await self.shred.act("shred.destroy_version", work)
