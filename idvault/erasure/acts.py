"""Requests, cancels and reads erasures, and carries them out when they are due: the worker's part.

Each is returned with the proof of its last step. The destruction has four steps, in this order. Each can be
repeated. A process that dies between two of them leaves the erasure ERASED, and the next one begins with the
first again.

1. The shred keys are deleted, in their own database. From here on no version of the record opens, but one
   that a hold keeps (erasure.former_version).
2. What is left of the record is deleted in the main database.
3. The bytes of both are removed from the files of the running databases. While a reader keeps a file, the
   erasure waits, and others go on.
4. The act that says so, with its log entry.

When a step is carried out depends on times alone, and on who reads the files: it tells nothing about
disclosures.

The shred database gets a memo of each account that is ERASED, afterwards, because until then the erasure may
be cancelled. A main database that was restored from before gets the erasure again from it.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from functools import partial
from time import perf_counter
from typing import Any

from idvault.account import acts as account_acts
from idvault.account.store import disavowal as account_disavowal
from idvault.account.store import rows as account_rows
from idvault.account.store import version as account_version
from idvault.claim import store as claim_store
from idvault.claim.acts import claim as claim_acts
from idvault.core.act import SYSTEM, Actor, Tx, Vault, act, mutation, sweep
from idvault.core.db.database import Database
from idvault.core.db.deadline import PlatformDeadlines
from idvault.core.log_entry import Proved
from idvault.core.request import Fingerprinter, Request, keyed
from idvault.erasure import rules, store
from idvault.erasure.rules import Erasure, ErasureLevels, ErasureMemo, ErasureTerms
from idvault.erasure.store import ROWS
from idvault.key.acts.remnants import Remnants
from idvault.key.acts.version import ShredKeys
from idvault.log.acts.stored_log import LogProofs
from idvault_verify.account import Account, AccountState
from idvault_verify.clock import ClockReading
from idvault_verify.erasure import ErasureOrigin, ErasureState
from idvault_verify.error import DamagedError, NotFoundError, Reason
from idvault_verify.event import EventType


@dataclass(frozen=True, slots=True)
class ErasureCall:
    """A call about an account. content: what its repetitions must share."""

    relying_party: str
    actor_id: str
    request_id: str
    method: str
    content: bytes = field(repr=False)
    account_token: str
    origin: ErasureOrigin = ErasureOrigin.PLATFORM

    def request(self, fingerprinter: Fingerprinter) -> Request:
        """Return the request with its fingerprint."""
        return keyed(self, fingerprinter).of_account(self.account_token)


@dataclass(frozen=True, slots=True)
class ErasureContext:
    """What erasures need beside the vault."""

    proofs: LogProofs
    terms: ErasureTerms


@dataclass(frozen=True, slots=True)
class ErasureOffer:
    """What a request on the vault's own page would mean now. is_recent: whether a match counts for it."""

    erase_at: datetime
    is_recent: bool


@dataclass(frozen=True, slots=True)
class ShownErasure:
    """An erasure with the log entry of its last step. note: the signed checkpoint, b"" if none covers it."""

    erasure: Erasure
    entry: Proved
    note: bytes


@mutation("erasure.request", again=ROWS.get)
async def requested(
    tx: Tx, erasure_id: str, account_token: str, origin: ErasureOrigin, terms: ErasureTerms
) -> Erasure:
    """Store a new erasure."""
    connection, entry_id = tx.connection, tx.events.new_id()
    owner = await account_rows.lock_of(connection, account_token=account_token, relying_party=tx.party)
    made = rules.request(
        account=owner,
        newest=await store.newest(connection, account_token),
        erasure_id=erasure_id,
        entry_id=entry_id,
        origin=origin,
        matched_at=await connection.one(store.MATCHED_AT, token=account_token),
        terms=terms,
        now=tx.now.business,
    )
    await store.add(connection, made)
    await _tell(tx, owner, made)
    await tx.log(
        EventType.ERASURE_REQUEST,
        entry_id,
        account_token=account_token,
        erasure_id=erasure_id,
        erase_at=made.erase_at.isoformat(),
    )
    return made


async def request(
    vault: Vault, call: ErasureCall, now: ClockReading, *, context: ErasureContext
) -> ShownErasure:
    """Request the erasure of an account.

    Raises NotFoundError (ACCOUNT_NOT_FOUND), PreconditionError (ACCOUNT_ERASED, ILLEGAL_TRANSITION),
    AlreadyExistsError and UnavailableError.
    """
    made = await requested(vault, call, now, vault.new_id(), call.account_token, call.origin, context.terms)
    return await _shown(context.proofs, made)


@mutation("erasure.cancel", again=ROWS.get)
async def cancelled(tx: Tx, _: str, account_token: str) -> Erasure:
    """Cancel the newest erasure of an account."""
    connection, entry_id = tx.connection, tx.events.new_id()
    owner = await account_rows.lock_of(connection, account_token=account_token, relying_party=tx.party)
    found = rules.newest_of(await store.newest(connection, account_token))
    made = rules.cancel(erasure=found, entry_id=entry_id, now=tx.now.business)
    await tx.answer(found.erasure_id, account_token=account_token)
    await store.put(connection, made)
    await _tell(tx, owner, made)
    await tx.log(EventType.ERASURE_CANCEL, entry_id, account_token=account_token, erasure_id=found.erasure_id)
    return made


async def cancel(
    vault: Vault, call: ErasureCall, now: ClockReading, *, context: ErasureContext
) -> ShownErasure:
    """Cancel the requested erasure of an account before it takes effect.

    Raises NotFoundError (ACCOUNT_NOT_FOUND, ERASURE_NOT_FOUND), PreconditionError (ILLEGAL_TRANSITION),
    AlreadyExistsError and UnavailableError.
    """
    return await _shown(context.proofs, await cancelled(vault, call, now, "", call.account_token))


async def get(vault: Vault, party: str, account_token: str, *, proofs: LogProofs) -> ShownErasure:
    """Return the newest erasure of an account.

    Raises NotFoundError (ACCOUNT_NOT_FOUND, ERASURE_NOT_FOUND).
    """
    found = await find(vault, party, account_token, proofs=proofs)
    if found is not None:
        return found
    owner = await account_acts.find(vault.main, party, account_token)
    raise NotFoundError(Reason.ACCOUNT_NOT_FOUND if owner is None else Reason.ERASURE_NOT_FOUND)


async def find(vault: Vault, party: str, account_token: str, *, proofs: LogProofs) -> ShownErasure | None:
    """Return the newest erasure of an account, None if there is none."""
    found = await _newest(vault, party, account_token)
    while found is not None:
        try:
            return await _shown(proofs, found)
        except DamagedError:
            # The worker took the next step, which deletes what proves the one that was read.
            read = found
            found = await _newest(vault, party, account_token)
            if found is not None and found.entry_id == read.entry_id:
                raise
    return None


async def page(
    vault: Vault, party: str, *, state: ErasureState | None, after: str, limit: int
) -> tuple[list[Erasure], str]:
    """Return a page of erasures, oldest first, and the last one's id if there are more, else "".

    Raises InvalidError (INVALID_MESSAGE, page_token).
    """
    return await vault.read(
        "erasure.list", lambda one: ROWS.page(one, party, after=after, limit=limit, state=state)
    )


async def offer(vault: Vault, owner: Account, now: ClockReading, *, terms: ErasureTerms) -> ErasureOffer:
    """Return what an owner's request on the vault's own page would mean now."""
    matched_at = await vault.read(
        "erasure.matched_at", lambda one: one.one(store.MATCHED_AT, token=owner.account_token)
    )
    waits = rules.waiting(
        origin=ErasureOrigin.OWNER,
        state=owner.state,
        matched_at=matched_at,
        terms=terms,
        now=now.business,
    )
    is_recent = rules.is_recent(matched_at=matched_at, now=now.business)
    return ErasureOffer(now.business.replace(microsecond=0) + waits, is_recent)


async def levels(vault: Vault, now: ClockReading) -> ErasureLevels:
    """Return what the operator watches."""
    return await vault.read("erasure.levels", lambda one: store.levels(one, now=now.business))


async def deadlines(vault: Vault, *, now: ClockReading) -> list[PlatformDeadlines]:
    """Return the steps that wait for the accounts of each platform."""
    return await vault.read("erasure.deadlines", lambda one: store.deadlines(one, now=now.business))


async def _newest(vault: Vault, party: str, account_token: str) -> Erasure | None:
    return await vault.main.one("erasure.newest", store.NEWEST_OF_PARTY, token=account_token, party=party)


async def _shown(proofs: LogProofs, erasure: Erasure) -> ShownErasure:
    proved = await proofs.now([erasure.entry_id], account_token=erasure.account_token)
    entry = proved.entries[0]
    return ShownErasure(erasure, entry, proved.note if entry.hashes is not None else b"")


async def _tell(tx: Tx, owner: Account, made: Erasure) -> None:
    """Let the change feed tell of a step."""
    told = rules.told(account=owner, erasure=made, now=tx.now.business)
    await account_rows.put_standing(tx.connection, told)


@act("erasure.erase")
async def erase(tx: Tx, erasure: Erasure, *, today: date) -> bool:
    """Make an account ERASED; False if that is not due."""
    owner, stored = await store.lock(tx.connection, erasure)
    entry_id = tx.events.new_id()
    made = rules.erase(erasure=stored, entry_id=entry_id, now=tx.now.business)
    if made is None:
        tx.unchanged("the erasure is not due")
        return False
    await store.put(tx.connection, made)
    await _take_effect(tx, owner, made, today=today)
    return True


@act("erasure.repeat")
async def repeat(tx: Tx, memo: ErasureMemo, *, today: date) -> bool:
    """Make an account ERASED that was so before the main database was restored; False if that is so again."""
    owner = await account_rows.lock(tx.connection, account_token=memo.account_token)
    if owner is None or owner.state is AccountState.ERASED:
        tx.unchanged("the account is not there, or is erased")
        return False
    newest = await store.newest(tx.connection, owner.account_token)
    made = rules.repeat(
        memo=memo, relying_party=owner.relying_party, newest=newest, entry_id=tx.events.new_id()
    )
    if newest is not None and newest.erasure_id == made.erasure_id:
        await store.put(tx.connection, made)
    else:
        await store.add(tx.connection, made)
    await _take_effect(tx, owner, made, today=today)
    return True


async def _take_effect(tx: Tx, owner: Account, made: Erasure, *, today: date) -> None:
    """Make the locked account of an erasure ERASED."""
    await _end_claim(tx, owner, made.erasure_id)
    erased = rules.erased(account=owner, today=today, now=tx.now.business)
    await account_rows.put(tx.connection, erased, claim_ended_at=tx.now.business)
    token = owner.account_token
    for disavowal_id in await account_disavowal.ended(tx.connection, token, now=tx.now.business):
        await tx.log(EventType.DISAVOWAL_END, by=SYSTEM, account_token=token, disavowal_id=disavowal_id)
    await tx.log(
        EventType.ERASURE_ERASE,
        made.entry_id,
        account_token=owner.account_token,
        party=owner.relying_party,
        erasure_id=made.erasure_id,
        destroy_at=made.destroy_at.isoformat(),
    )


async def _end_claim(tx: Tx, owner: Account, erasure_id: str) -> None:
    """End the open claim of a locked account."""
    found = await claim_store.open_of(tx.connection, owner)
    if found is None:
        return
    await claim_acts.end_open(tx, owner, found, rules.CLAIM_ENDED)
    await tx.log(
        EventType.CLAIM_ERASE,
        account_token=owner.account_token,
        erasure_id=erasure_id,
        claim_id=found.claim_id,
    )


@act("erasure.clear")
async def clear(tx: Tx, erasure: Erasure) -> None:
    """Delete every version of the record with its shares, and what claims left of the identity, if due.

    A version that a hold keeps stays.
    """
    owner, stored = await store.lock(tx.connection, erasure)
    if rules.is_destroyable(erasure=stored, now=tx.now.business):
        await store.clear(tx.connection, account_token=owner.account_token)
    # Nothing may be told before no file holds what was deleted.
    tx.unchanged("the entry of the destruction tells of it")


@act("erasure.destroy")
async def destroy(tx: Tx, erasure: Erasure, *, absent_from: datetime | None) -> bool:
    """Delete what is left of a record, and the keys that open the account's log entries; False if not due.

    The shred key must be destroyed before.
    """
    owner, stored = await store.lock(tx.connection, erasure)
    entry_id = tx.events.new_id()
    holds = await account_version.held(tx.connection, owner.account_token)
    made = rules.destroy(
        erasure=stored,
        entry_id=entry_id,
        absent_from=absent_from,
        kept_until=max((each.until for each in holds), default=None),
        now=tx.now.business,
    )
    if made is None:
        tx.unchanged("the destruction is not due")
        return False
    held = await store.is_held(tx.connection, owner)
    if not held:
        await store.release(tx.connection, owner)
    await store.destroy(tx.connection, account_token=owner.account_token)
    await store.put(tx.connection, made, held=held)
    await _tell(tx, owner, made)
    promised = {"absent_from": made.absent_from, "kept_until": made.kept_until}
    told: dict[str, Any] = {name: time.isoformat() for name, time in promised.items() if time is not None}
    await tx.log(
        EventType.ERASURE_DESTROY,
        entry_id,
        account_token=owner.account_token,
        erasure_id=made.erasure_id,
        **told,
    )
    return True


@act("erasure.release")
async def release(tx: Tx, erasure: Erasure) -> bool:
    """Unlink a destroyed account from its person; False if a sanction holds it."""
    owner, stored = await store.lock(tx.connection, erasure)
    if owner.person_id is None or await store.is_held(tx.connection, owner):
        tx.unchanged("the account has no person, or keeps it")
        return False
    await store.release(tx.connection, owner)
    # The receipt keeps proving the destruction: its entry stays the erasure's last one.
    await store.put(tx.connection, stored)
    # Not under the account, whose opening keys are destroyed.
    await tx.log(EventType.ERASURE_RELEASE, erasure_id=erasure.erasure_id)
    return True


async def release_all(vault: Vault, now: ClockReading, *, limit: int) -> int:
    """Forget the persons of destroyed accounts that no sanction holds any more; return how many."""

    async def due() -> list[Erasure]:
        return await vault.read("erasure.releasable", lambda one: store.releasable(one, limit=limit))

    return await sweep(vault, now, due=due, each=release)


_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The memos of erasures of which a main database does not know. absent: of accounts that it has not."""

    known: tuple[ErasureMemo, ...]
    absent: tuple[ErasureMemo, ...]


@dataclass(frozen=True, eq=False, repr=False)
class ErasureMemos:
    """The memos of erased accounts in a shred database. Every method raises UnavailableError."""

    shred: Database

    async def keep(self, erasures: Sequence[Erasure]) -> int:
        """Remember erasures that have taken effect; return of how many the database had no memo."""
        return await self._add([rules.memo(erasure=each) for each in erasures])

    async def keep_all(self, main: Database) -> int:
        """Remember every account that a main database has erased; return of how many there was no memo."""
        added, after = 0, ""
        while found := await main.read(
            "erasure.erased", partial(store.every_erased, after=after, limit=_PAGE)
        ):
            added, after = added + await self.keep(found), found[-1].account_token
        return added

    async def mark(self, account_token: str, *, at: datetime) -> None:
        """Remember that the shred key of an account is deleted."""
        await self.shred.act("erasure_memo.mark", lambda one: store.mark_memo(one, account_token, at=at))

    async def destroyed(self) -> list[str]:
        """Return every account whose shred key was deleted, whether or not a restore brought it back."""
        return [
            each.account_token
            async for page in self._pages()
            for each in page
            if each.destroyed_at is not None
        ]

    async def take(self, other: Database) -> tuple[int, int]:
        """Copy the memos of another shred database; return how many it has, and how many were new here."""
        count = added = 0
        async for page in ErasureMemos(other)._pages():
            count, added = count + len(page), added + await self._add(page)
        return count, added

    async def forgotten(self, main: Database) -> Forgotten:
        """Return the memos of erasures of which a main database does not know."""
        known: list[ErasureMemo] = []
        absent: list[ErasureMemo] = []
        async for page in self._pages():
            states = await main.read("erasure.states", partial(store.states, tokens=_tokens(page)))
            absent += [each for each in page if each.account_token not in states]
            known += [each for each in page if states.get(each.account_token, _ERASED) != _ERASED]
        return Forgotten(tuple(known), tuple(absent))

    async def remembered(self, account_tokens: Sequence[str]) -> set[str]:
        """Return those of the accounts of which there is a memo."""
        return await self.shred.read(
            "erasure_memo.remembered", lambda one: store.remembered(one, account_tokens)
        )

    async def _add(self, memos: Sequence[ErasureMemo]) -> int:
        added = 0
        for at in range(0, len(memos), _PAGE):
            page = partial(store.keep_memos, memos=memos[at : at + _PAGE])
            added += await self.shred.act("erasure_memo.keep", page)
        return added

    async def _pages(self) -> AsyncIterator[list[ErasureMemo]]:
        after = ""
        while found := await self.shred.read(
            "erasure_memo.page", partial(store.memos, after=after, limit=_PAGE)
        ):
            yield found
            after = found[-1].account_token


_ERASED = AccountState.ERASED


def _tokens(memos: Sequence[ErasureMemo]) -> list[str]:
    return [each.account_token for each in memos]


async def repeat_all(
    vault: Vault, memos: ErasureMemos, now: ClockReading, *, zone: tzinfo
) -> list[ErasureMemo]:
    """Erase again what a restored main database has not erased; return the memos of it.

    No clock decides it: an account that was erased stays so.
    """
    await vault.guard.check(now=now)
    found = (await memos.forgotten(vault.main)).known
    today = now.today(zone)
    return [each for each in found if await repeat(vault, SYSTEM, now, each, today=today)]


LOOK_PAUSE = timedelta(seconds=30)
"""Between two looks at files of which the first found some that were kept: a look makes writers wait."""


@dataclass(kw_only=True, eq=False, repr=False)
class ErasureSweep:
    """Carries out the steps that are due; any number of processes may do so at any time.

    Each remembers what it has deleted, of what it has made a memo, and when it looked at the files.
    """

    vault: Vault
    shred_keys: ShredKeys
    remnants: Remnants
    zone: tzinfo
    kept: int = field(default=0, init=False)
    """How many destructions waited for files when this process looked last."""
    _deleted: set[str] = field(default_factory=set, init=False)
    _looked_at: datetime | None = field(default=None, init=False)
    _unremembered: list[Erasure] = field(default_factory=list, init=False)
    _has_looked: bool = field(default=False, init=False)

    async def step(self, *, now: ClockReading, limit: int) -> int:
        """Carry out the steps that are due; return how many."""
        begun = perf_counter()
        # Accounts are erased first: that waits neither for the shred database nor for files.
        each = partial(self._erase, today=now.today(self.zone))
        count = await sweep(self.vault, now, due=self._due(ErasureState.REQUESTED, now, limit), each=each)
        await self._remember()
        due = await self._due(ErasureState.ERASED, now, limit)()
        await self._delete(due, now)
        return count + await self._say(due, now, begun)

    async def _erase(
        self, vault: Vault, by: Actor, now: ClockReading, found: Erasure, *, today: date
    ) -> bool:
        is_done = await erase(vault, by, now, found, today=today)
        if is_done:
            self._unremembered.append(found)
        return is_done

    async def _remember(self) -> None:
        """Make the memos of what has taken effect; a new process cannot know what another has remembered."""
        memos = ErasureMemos(self.shred_keys.shred)
        if not self._has_looked:
            await memos.keep(await self.vault.read("erasure.undestroyed", store.undestroyed))
            self._has_looked, self._unremembered = True, []
        for found in tuple(self._unremembered):
            get = partial(ROWS.get, party=found.relying_party, row_id=found.erasure_id)
            await memos.keep([await self.vault.read("erasure.get", get)])
            self._unremembered.remove(found)

    def _due(
        self, state: ErasureState, now: ClockReading, limit: int
    ) -> Callable[[], Awaitable[list[Erasure]]]:
        return lambda: self.vault.read(
            "erasure.due", lambda one: store.due(one, state, now=now.business, limit=limit)
        )

    async def _delete(self, due: Sequence[Erasure], now: ClockReading) -> None:
        """Delete keys and records, once in each process; a new one cannot know what another has done."""
        self._deleted &= {found.erasure_id for found in due}
        for found in due:
            if found.erasure_id not in self._deleted:
                held = await self._held(found)
                await self.shred_keys.destroy(account_token=found.account_token, kept=held)
                await ErasureMemos(self.shred_keys.shred).mark(found.account_token, at=now.business)
                await clear(self.vault, SYSTEM, now, found)
                self._deleted.add(found.erasure_id)
                self._looked_at = None

    async def _held(self, found: Erasure) -> list[str]:
        """Return the versions that keep their keys; no hold of an erased account begins."""
        held = partial(account_version.held, account_token=found.account_token)
        return [each.record_id for each in await self.vault.read("version.held", held) if not each.ends]

    async def _say(self, due: Sequence[Erasure], now: ClockReading, begun: float) -> int:
        """Complete the destructions of which no file holds anything any more; return how many."""
        if not due or (self._looked_at is not None and abs(now.real - self._looked_at) < LOOK_PAUSE):
            self.kept = self.kept if due else 0
            return 0
        absence = await self.remnants.look([found.account_token for found in due])
        told = [found for found in due if found.account_token in absence.names]
        self.kept = len(due) - len(told)
        self._looked_at = now.real if self.kept else None
        # What came before the look took time, too: the look ended that long after `now`.
        passed = timedelta(seconds=perf_counter() - begun)
        since = rules.promised_from(now=now.business, passed=passed) if absence.promised else None
        count = sum([await destroy(self.vault, SYSTEM, now, found, absent_from=since) for found in told])
        if told:
            await self.remnants.tidy()
        return count
