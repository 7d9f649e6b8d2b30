"""Use cases of erasures.

Requests and cancels erasures, and returns each with the proof of its last step.

Carries out what erasures ask for when it is due: the worker's part.

The destruction has four acts, in this order. Each can be repeated. A process that dies between two of them
leaves the erasure ERASED, and the next one begins with the first again.

1. The shred key is deleted, in its own database. From here on the record does not open.
2. What is left of the record is deleted in the main database.
3. The bytes of both are removed from the files of the running databases. While a reader keeps a file, the
   erasure waits, and others go on.
4. The act that says so, with its log entry.

When a step is carried out depends on times alone, and on who reads the files: it tells nothing about
disclosures.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from time import perf_counter

from idvault.account.ports import StatusStore
from idvault.core.event_factory import EventFactory
from idvault.core.request import Fingerprinter, Request
from idvault.disclosure.acts.history import LogProofs, Proved
from idvault.erasure import rules
from idvault.erasure.ports import ErasureLevels, ErasureStore, Remnants, ShredDestroyer
from idvault.erasure.rules import Erasure, ErasureOrigin, ErasureTerms
from idvault.log.acts.guard import LogGuard
from idvault.verify.clock import ClockReading
from idvault.verify.erasure import ErasureState
from idvault.verify.error import DamagedError, NotFoundError, Reason
from idvault.verify.event import SYSTEM_ACTOR, Event, EventType
from idvault.verify.seal import Part


@dataclass(frozen=True, slots=True)
class ErasureCall:
    """A call about an account. fields: what its repetitions must share besides the account."""

    relying_party: str
    actor_id: str
    request_id: str
    method: str
    account_token: str
    fields: tuple[Part, ...] = ()
    origin: ErasureOrigin = ErasureOrigin.PLATFORM


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


@dataclass(kw_only=True, eq=False, repr=False)
class ErasureFlow:
    """Erasures of a relying party's accounts."""

    store: ErasureStore
    accounts: StatusStore
    proofs: LogProofs
    fingerprinter: Fingerprinter
    guard: LogGuard
    events: EventFactory
    terms: ErasureTerms

    async def request(self, call: ErasureCall, *, now: ClockReading) -> ShownErasure:
        """Request the erasure of an account.

        Raises NotFoundError (ACCOUNT_NOT_FOUND), PreconditionError (ACCOUNT_ERASED, ILLEGAL_TRANSITION),
        AlreadyExistsError and UnavailableError.
        """
        await self.guard.check(now=now)
        erasure_id = self.events.new_id()
        event = self.events.event(
            EventType.ERASURE_REQUEST,
            actor_id=call.actor_id,
            now=now,
            account_token=call.account_token,
            erasure_id=erasure_id,
        )
        made = await self.store.request(
            erasure_id=erasure_id,
            account_token=call.account_token,
            origin=call.origin,
            terms=self.terms,
            request=self._request(call),
            now=now,
            event=event,
        )
        return await self._shown(made)

    async def cancel(self, call: ErasureCall, *, now: ClockReading) -> ShownErasure:
        """Cancel the requested erasure of an account before it takes effect.

        Raises NotFoundError (ACCOUNT_NOT_FOUND, ERASURE_NOT_FOUND), PreconditionError (ILLEGAL_TRANSITION),
        AlreadyExistsError and UnavailableError.
        """
        await self.guard.check(now=now)
        event = self.events.event(
            EventType.ERASURE_CANCEL, actor_id=call.actor_id, now=now, account_token=call.account_token
        )
        cancelled = await self.store.cancel(
            account_token=call.account_token, request=self._request(call), now=now, event=event
        )
        return await self._shown(cancelled)

    async def get(self, *, relying_party: str, account_token: str) -> ShownErasure:
        """Return the newest erasure of an account.

        Raises NotFoundError (ACCOUNT_NOT_FOUND, ERASURE_NOT_FOUND).
        """
        found = await self.find(relying_party=relying_party, account_token=account_token)
        if found is not None:
            return found
        owner = await self.accounts.get(relying_party=relying_party, account_token=account_token)
        raise NotFoundError(Reason.ACCOUNT_NOT_FOUND if owner is None else Reason.ERASURE_NOT_FOUND)

    async def find(self, *, relying_party: str, account_token: str) -> ShownErasure | None:
        """Return the newest erasure of an account, None if there is none."""
        found = await self.store.newest(relying_party=relying_party, account_token=account_token)
        while found is not None:
            try:
                return await self._shown(found)
            except DamagedError:
                # The worker took the next step, which deletes what proves the one that was read.
                read = found
                found = await self.store.newest(relying_party=relying_party, account_token=account_token)
                if found is not None and found.entry_id == read.entry_id:
                    raise
        return None

    async def list(
        self, *, relying_party: str, state: ErasureState | None, after: str, limit: int
    ) -> tuple[list[Erasure], str]:
        """Return a page of erasures, oldest first, and the last one's id if there are more, else "".

        Raises InvalidError (INVALID_MESSAGE, page_token).
        """
        found = await self.store.list(relying_party=relying_party, state=state, after=after, limit=limit + 1)
        page = list(found[:limit])
        return page, page[-1].erasure_id if len(found) > limit else ""

    async def offer(self, *, account_token: str, now: ClockReading) -> ErasureOffer:
        """Return what an owner's request on the vault's own page would mean now."""
        matched_at = await self.store.matched_at(account_token=account_token)
        waits = rules.waiting(
            origin=ErasureOrigin.OWNER, matched_at=matched_at, terms=self.terms, now=now.business
        )
        is_recent = rules.is_recent(matched_at=matched_at, now=now.business)
        return ErasureOffer(now.business.replace(microsecond=0) + waits, is_recent)

    async def _shown(self, erasure: Erasure) -> ShownErasure:
        proofs = await self.proofs.now([erasure.entry_id], account_token=erasure.account_token)
        entry = proofs.entries[0]
        return ShownErasure(erasure, entry, proofs.note if entry.hashes is not None else b"")

    def _request(self, call: ErasureCall) -> Request:
        fingerprint = self.fingerprinter.fingerprint(
            method=call.method, fields=(*call.fields, call.account_token)
        )
        return Request(call.relying_party, call.request_id, fingerprint)


LOOK_PAUSE = timedelta(seconds=30)
"""Between two looks at files of which the first found some that were kept: a look makes writers wait."""


@dataclass(kw_only=True, eq=False, repr=False)
class ErasureSweep:
    """Sweeps that any number of processes may run at any time. delay: from ERASED to the destruction."""

    store: ErasureStore
    shred_keys: ShredDestroyer
    remnants: Remnants
    guard: LogGuard
    events: EventFactory
    delay: timedelta
    zone: tzinfo
    kept: int = field(default=0, init=False)
    """How many destructions waited for files when this process looked last."""
    _deleted: set[str] = field(default_factory=set, init=False)
    _looked_at: datetime | None = field(default=None, init=False)

    async def step(self, *, now: ClockReading, limit: int) -> int:
        """Carry out the steps that are due; return how many."""
        begun = perf_counter()
        await self.guard.check(now=now)
        count = 0
        # Accounts are erased first: that waits neither for the shred database nor for files.
        for found in await self.store.due(state=ErasureState.REQUESTED, now=now.business, limit=limit):
            count += await self._erase(found, now)
        due = await self.store.due(state=ErasureState.ERASED, now=now.business, limit=limit)
        await self._delete(due, now)
        return count + await self._tell(due, now, begun)

    async def release(self, *, now: ClockReading, limit: int) -> int:
        """Forget the persons of destroyed accounts that no sanction holds any more; return how many."""
        await self.guard.check(now=now)
        count = 0
        for found in await self.store.releasable(limit=limit):
            # Not under the account, whose opening keys are destroyed.
            event = self.events.event(
                EventType.ERASURE_RELEASE, actor_id=SYSTEM_ACTOR, now=now, erasure_id=found.erasure_id
            )
            count += await self.store.release(found, event=event)
        return count

    async def levels(self, *, now: ClockReading) -> ErasureLevels:
        """Return what the operator watches."""
        return await self.store.levels(now=now.business)

    async def _erase(self, found: Erasure, now: ClockReading) -> bool:
        return await self.store.erase(
            found,
            delay=self.delay,
            today=now.today(self.zone),
            now=now,
            event=self._event(EventType.ERASURE_ERASE, found, now),
            claim_ended=self._event(EventType.CLAIM_ERASE, found, now),
        )

    async def _delete(self, due: Sequence[Erasure], now: ClockReading) -> None:
        """Delete keys and records, once in each process; a new one cannot know what another has done."""
        self._deleted &= {found.erasure_id for found in due}
        for found in due:
            if found.erasure_id not in self._deleted:
                await self.shred_keys.destroy(account_token=found.account_token)
                await self.store.clear(found, now=now)
                self._deleted.add(found.erasure_id)
                self._looked_at = None

    async def _tell(self, due: Sequence[Erasure], now: ClockReading, begun: float) -> int:
        """Complete the destructions of which no file holds anything any more; return how many."""
        if not due or (self._looked_at is not None and abs(now.real - self._looked_at) < LOOK_PAUSE):
            self.kept = self.kept if due else 0
            return 0
        absence = await self.remnants.look([found.account_token for found in due])
        told = [found for found in due if found.account_token in absence.account_tokens]
        self.kept = len(due) - len(told)
        self._looked_at = now.real if self.kept else None
        # What came before the look took time, too: the look ended that long after `now`.
        passed = timedelta(seconds=perf_counter() - begun)
        since = rules.promised_from(now=now.business, passed=passed) if absence.promised else None
        count = 0
        for found in told:
            event = self._event(EventType.ERASURE_DESTROY, found, now)
            count += await self.store.destroy(found, absent_from=since, now=now, event=event)
        if told:
            await self.remnants.tidy()
        return count

    def _event(self, kind: EventType, found: Erasure, now: ClockReading) -> Event:
        return self.events.event(
            kind,
            actor_id=SYSTEM_ACTOR,
            now=now,
            account_token=found.account_token,
            erasure_id=found.erasure_id,
        )
