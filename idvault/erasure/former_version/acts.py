"""Holds former versions of records, and destroys those that are due: the worker's part.

A version is destroyed in three steps. Each can be repeated, and a process that dies between two of them
leaves the version to the next one, which begins with the first again. No step concerns another version.

1. Its end is decided in the main database, under the account's lock. From here on nobody can request it.
2. Its shred key is deleted, in its own database. From here on no copy of the record opens.
3. The bytes of the key are removed from the files of the running databases (key.acts.remnants), and then the
   row is deleted. While a reader keeps a file, the version waits, and others go on.

None has an entry in the log: its minute would tell of a disclosure that has kept the version. The settlement
of the successor has said that the version ends.

A key without a version comes from a claim that did not succeed after all, a restored shred database, or a
program of before. `StrayKeys` looks for such keys and deletes them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from idvault.account.store import rows as account_rows
from idvault.account.store import version as store
from idvault.account.store.version import FormerVersion
from idvault.core.act import SYSTEM, Tx, Vault, act
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.erasure import store as erasure_store
from idvault.key.acts.remnants import Remnants, name_of
from idvault.key.acts.version import ShredKeys
from idvault.key.store import version as key_store
from idvault_verify.account import AccountState
from idvault_verify.clock import ClockReading
from idvault_verify.erasure import ErasureState
from idvault_verify.error import PreconditionError, Reason

_OF_A_DRILL = "drill_"


async def hold(tx: Tx, *, account_token: str, record_id: str, until: datetime) -> None:
    """Keep a version as evidence, whatever erasure or new verification comes; part of another act.

    The present version becomes a former one, and the account has no record until it is verified again. The
    caller holds the lock of the account's row. A second hold replaces the first. Raises PreconditionError
    (ACCOUNT_ERASED, RECORD_VERSION_GONE).
    """
    owner = await account_rows.lock(tx.connection, account_token=account_token)
    if owner is not None and owner.state is AccountState.ERASED:
        raise PreconditionError(Reason.ACCOUNT_ERASED)
    version = {"account_token": account_token, "record_id": record_id}
    if await store.hold(tx.connection, **version, until=until) is None:
        raise PreconditionError(Reason.RECORD_VERSION_GONE)


async def lift(tx: Tx, *, account_token: str, record_id: str, present: bool) -> None:
    """End the hold of a version; part of another act, whose caller holds the lock of the account's row.

    present: it becomes the account's present record again, which must have none; else it stays a former one
    until it is due. Raises PreconditionError (RECORD_VERSION_GONE).
    """
    version = {"account_token": account_token, "record_id": record_id}
    if not await store.lift(tx.connection, **version, present=present):
        raise PreconditionError(Reason.RECORD_VERSION_GONE)


@act("version.end")
async def end(tx: Tx, found: FormerVersion) -> list[str] | None:
    """Decide that a version ends, if it is due; return the versions of its account that stay, else None."""
    await account_rows.lock(tx.connection, account_token=found.account_token)
    tx.unchanged("the successor's entry tells that its former version ends")
    if not await store.end(tx.connection, found, now=tx.now.business):
        return None
    return await store.lasting(tx.connection, found.account_token)


@act("version.remove")
async def remove(tx: Tx, found: FormerVersion) -> bool:
    """Delete the row of a version whose key is in no file; False if it is gone.

    Of a destroyed account, also what opens the entries that proved the version.
    """
    owner = await account_rows.lock(tx.connection, account_token=found.account_token)
    tx.unchanged("the successor's entry tells that its former version ends")
    removed = await store.remove(tx.connection, found)
    if removed and owner is not None and owner.state is AccountState.ERASED:
        erasure = await erasure_store.newest(tx.connection, found.account_token)
        if erasure is not None and erasure.state is ErasureState.DESTROYED:
            await erasure_store.forget_log_openings(tx.connection, found.account_token, last=erasure.entry_id)
    return removed


LOOK_PAUSE = timedelta(seconds=30)
"""Between two looks at files of which the first found some that were kept: a look makes writers wait."""


@dataclass(kw_only=True, eq=False, repr=False)
class VersionSweep:
    """Destroys former versions that are due; any number of processes may do so at any time.

    Each remembers what it has deleted, and when it looked at the files.
    """

    vault: Vault
    shred_keys: ShredKeys
    remnants: Remnants
    kept: int = field(default=0, init=False)
    """How many destructions waited for files when this process looked last."""
    _deleted: set[FormerVersion] = field(default_factory=set, init=False)
    _looked_at: datetime | None = field(default=None, init=False)

    async def step(self, *, now: ClockReading, limit: int) -> int:
        """Carry out the steps that are due; return how many versions are gone."""
        due = await self.vault.read("version.due", partial(store.due, now=now.business, limit=limit))
        ending = await self._delete(due, now)
        return await self._remove(ending, now)

    async def _delete(self, due: Sequence[FormerVersion], now: ClockReading) -> list[FormerVersion]:
        """Delete the keys, once in each process; return the versions whose keys are deleted."""
        self._deleted &= set(due)
        for found in due:
            if found in self._deleted:
                continue
            others = await end(self.vault, SYSTEM, now, found)
            if others is None:
                continue
            await self.shred_keys.destroy_version(
                account_token=found.account_token, record_id=found.record_id, others=others
            )
            self._deleted.add(found)
            self._looked_at = None
        return [found for found in due if found in self._deleted]

    async def _remove(self, ending: Sequence[FormerVersion], now: ClockReading) -> int:
        if not ending or (self._looked_at is not None and abs(now.real - self._looked_at) < LOOK_PAUSE):
            self.kept = self.kept if ending else 0
            return 0
        names = {name_of(found.account_token, found.record_id): found for found in ending}
        absence = await self.remnants.look(list(names))
        gone = [found for name, found in names.items() if name in absence.names]
        self.kept = len(ending) - len(gone)
        self._looked_at = now.real if self.kept else None
        count = sum([await remove(self.vault, SYSTEM, now, found) for found in gone])
        if gone:
            await self.remnants.tidy()
        return count


@dataclass(kw_only=True, eq=False, repr=False)
class StrayKeys:
    """Deletes the keys of versions that there are not, `step` keys at a time; begins again after a round.

    In this order nothing can go wrong with a version that is being stored: the keys are read first, then
    which accounts have an open claim, and then which versions there are. An account with an open claim is
    left alone; what a claim stored that has ended is among the versions. A key that is read has its id from a
    sealing of before.
    """

    main: Database
    shred_keys: ShredKeys
    step: int
    _after: tuple[str, str] = ("", "")
    _shared_after: str = ""

    async def look(self) -> tuple[int, bool]:
        """Look at some keys; return how many were deleted, and whether the round is over."""
        deleted = await self._look_at_own() + await self._look_at_shared()
        return deleted, not (self._after[0] or self._shared_after)

    async def _look_at_own(self) -> int:
        page = await self.shred_keys.shred.read(
            "shred.page", partial(key_store.page, after=self._after, limit=self.step)
        )
        self._after = page[-1] if len(page) == self.step else ("", "")
        found = [each for each in page if not each[0].startswith(_OF_A_DRILL)]
        versions, busy = await self._known(sorted({token for token, _ in found}))
        stray = [each for each in found if each not in versions and each[0] not in busy]
        staying = _by_account(versions)
        for token, record_id in stray:
            others = staying.get(token, [])
            await self.shred_keys.destroy_version(account_token=token, record_id=record_id, others=others)
        return len(stray)

    async def _look_at_shared(self) -> int:
        """Delete shared keys of accounts all of whose versions have their own; there must be one."""
        shred = self.shred_keys.shred
        tokens = await shred.read(
            "shred.shared_page", partial(key_store.shared_page, after=self._shared_after, limit=self.step)
        )
        self._shared_after = tokens[-1] if len(tokens) == self.step else ""
        versions, busy = await self._known(tokens)
        own = await shred.read("shred.own", partial(key_store.own, tokens=tokens))
        needed = {token for token, _ in versions - own} | busy
        stray = {token: kept for token, kept in _by_account(versions).items() if token not in needed}
        for token, kept in stray.items():
            await self.shred_keys.destroy(account_token=token, kept=kept)
        return len(stray)

    async def _known(self, tokens: Sequence[str]) -> tuple[set[tuple[str, str]], set[str]]:
        """Return the versions of these accounts, and the accounts that have an open claim."""
        if not tokens:
            return set(), set()

        async def read(connection: Connection) -> tuple[set[tuple[str, str]], set[str]]:
            busy = await store.verifying(connection, tokens)
            return await store.of_accounts(connection, tokens), busy

        return await self.main.read("version.known", read)


def _by_account(versions: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for token, record_id in sorted(versions):
        found.setdefault(token, []).append(record_id)
    return found
