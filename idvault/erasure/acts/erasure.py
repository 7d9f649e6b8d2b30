"""Requests and cancels erasures, and returns each with the proof of its last step."""

from dataclasses import dataclass
from datetime import datetime

from idvault.account.ports.account import StatusStore
from idvault.core.request import Fingerprinter, Request
from idvault.disclosure.acts.proof import LogProofs, Proved
from idvault.erasure import rules
from idvault.erasure.ports import ErasureStore
from idvault.erasure.rules import Erasure, ErasureOrigin, ErasureTerms
from idvault.log.acts.events import EventFactory
from idvault.log.acts.guard import LogGuard
from idvault.verify.clock import ClockReading
from idvault.verify.erasure import ErasureState
from idvault.verify.error import DamagedError, NotFoundError, Reason
from idvault.verify.event import EventType
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
