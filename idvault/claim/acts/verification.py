"""Opens and reads claims for a person or an organisation that signs up or verifies again.

An attacker with the database and the request key could guess names and document numbers and compare their
hash with the stored fingerprint of a request. Therefore the fingerprint also covers the caller's random
request id, and that id is not stored: the request is found under an id derived from it. Without the request
id there is nothing to compare a guess with.

Decides whether a new claim is accepted, and whether it is checked at once or waits in the queue.

Repeats of a request that this process is working on wait for its outcome in one place.

- The first caller of a request does the work; others with the same id and body wait, without the database.
- Each waits as long as its own patience allows, and then gets the claim as it was opened.
- If the first caller goes away, or its patience ends before that of others, one of the others takes over.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any, TypeVar

from idvault.account import rules as account_rules
from idvault.claim.acts.settlement import LEASE, SettlementFlow
from idvault.claim.job.ports import JobStore
from idvault.claim.ports import Claim, Job, Lease, NewClaim, VerificationStore
from idvault.core import caller, share
from idvault.core.entropy import Entropy
from idvault.core.event_factory import EventFactory
from idvault.core.policy import OperatorPolicy
from idvault.core.request import Fingerprinter, Request
from idvault.log.acts.guard import LogGuard
from idvault.registry.budget_ports import Reserved
from idvault.sealing.ports import Indexer, PairMarker
from idvault.verify import name, token
from idvault.verify.account import SubjectKind
from idvault.verify.claim import ClaimState, Consent, Identity
from idvault.verify.clock import ClockReading
from idvault.verify.error import ExhaustedError, NotFoundError
from idvault.verify.event import EventType

_LIMIT = timedelta(hours=24)
_COUNT_AGE = timedelta(seconds=1)
_LONGEST_COUNT_AGE = timedelta(seconds=30)
_NEWCOMERS = 10_000  # in a second: more than any deployment has
_LOOK_AGE = timedelta(milliseconds=250)


class QueueFlow:
    """Reads the queue for new claims, and caches the result briefly because reading is expensive.

    Claims that arrive during a read wait for its result. Otherwise a burst of claims would count the queue
    once for each caller, when the queue is longest.
    """

    def __init__(self, *, store: VerificationStore, jobs: JobStore, policy: OperatorPolicy) -> None:
        """Initialise with the ports and the policy."""
        self._store = store
        self._jobs = jobs
        self._cap = policy.registry_calls_per_second
        self._count: Mapping[str, int] = {}
        self._count_until: datetime | None = None
        self._counting = asyncio.Lock()
        self._looks: dict[tuple[str, SubjectKind, bool], tuple[bool, datetime]] = {}
        self._looking: dict[tuple[str, SubjectKind, bool], asyncio.Lock] = {}

    async def check(self, request: Request, *, now: ClockReading) -> None:
        """Refuse a new claim that would not be checked within 24 h (core.share); a repeat always passes.

        Raises ExhaustedError (REGISTRY_BACKLOG).
        """
        backlog = await self._counted(now.real)
        try:
            share.check_queue(backlog=backlog, relying_party=request.caller, per_second=self._cap)
        except ExhaustedError as refused:
            try:
                await self._store.find(relying_party=request.caller, request_id=request.request_id)
            except NotFoundError:
                raise refused from None

    async def is_waiting(
        self, *, relying_party: str, kind: SubjectKind, sign_up: bool, now: ClockReading
    ) -> bool:
        """Return whether queued claims of this relying party come before a new one of this kind.

        If none is queued, the new claim is checked at once: a relying party below its share of the cap has no
        queue.
        """
        key = (relying_party, kind, sign_up)
        async with self._looking.setdefault(key, asyncio.Lock()):
            known = self._looks.get(key)
            if known is None or abs(now.real - known[1]) >= _LOOK_AGE:
                waits = await self._jobs.is_waiting(
                    relying_party=relying_party, kind=kind, sign_up=sign_up, now=now.real
                )
                known = self._looks[key] = (waits, now.real)
            return known[0]

    async def _counted(self, now: datetime) -> Mapping[str, int]:
        async with self._counting:
            return await self._recounted(now)

    async def _recounted(self, now: datetime) -> Mapping[str, int]:
        if self._count_until is None or now > self._count_until:
            with caller.serving(caller.NOBODY):
                self._count = await self._jobs.backlog()
            # The queue grows by at most _NEWCOMERS a second, so the count is good for longer far below the
            # limit.
            left = self._cap * _LIMIT.total_seconds() - sum(self._count.values())
            room = timedelta(seconds=left / _NEWCOMERS)
            self._count_until = now + min(max(_COUNT_AGE, room), _LONGEST_COUNT_AGE)
        return self._count


Tell = Callable[[Claim], None]
Work = Callable[[Tell, float], Awaitable[Claim]]

# Whoever has less patience left does not take over: a crowd would take over one by one.
_WORTHWHILE = 0.25
_SPREAD, _STEPS = 0.2, 64


@dataclass(eq=False)
class _Place:
    """A request that is being worked on.

    opened: done once there is a claim to show, or the outcome. outcome: the claim, the error, or None if the
    caller who did the work went away.
    """

    fingerprint: bytes
    opened: "asyncio.Future[None]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    outcome: "asyncio.Future[Claim | None]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    claim: Claim | None = None
    waiters: int = 0

    def tell(self, claim: Claim) -> None:
        """Show the claim as it was opened."""
        self.claim = claim
        if not self.opened.done():
            self.opened.set_result(None)

    def end(self, claim: Claim | None) -> None:
        """Show the outcome."""
        self.outcome.set_result(claim)
        self._leave()

    def fail(self, error: BaseException) -> None:
        """Show the error."""
        self.outcome.set_exception(error)
        self.outcome.exception()  # mark as retrieved: perhaps nobody waits
        self._leave()

    def _leave(self) -> None:
        if not self.opened.done():
            self.opened.set_result(None)

    def join(self) -> float:
        """Count one that waits; return which part of its patience it has.

        A crowd that lost its patience together would be answered at once, which delays everybody else.
        """
        self.waiters += 1
        return 1 - _SPREAD * ((self.waiters - 1) % _STEPS) / _STEPS

    async def wait(self, patience: float) -> Claim | None:
        """Return the outcome, or the claim as it was opened; None if nobody does the work any more."""
        await asyncio.wait([self.opened])
        await asyncio.wait([self.outcome], timeout=max(0.0, patience))
        return self.outcome.result() if self.outcome.done() else self.claim


class Repeats:
    """The requests that this process is working on."""

    def __init__(self) -> None:
        """Start without requests."""
        self._places: dict[tuple[str, str], _Place] = {}

    async def attend(self, request: Request, *, patience: float, work: Work) -> Claim:
        """Return the claim of a request: do the work, or wait up to `patience` seconds for whoever does it.

        work: gets a function to call with the claim once it is open, and the patience that is left. A request
        with the same id and another body does its own work, which refuses it.
        """
        loop, key = asyncio.get_running_loop(), (request.caller, request.request_id)
        found = self._places.get(key)
        end = loop.time() + patience * (1 if found is None else found.join())
        while (place := self._places.get(key)) is not None:
            if not compare_digest(place.fingerprint, request.fingerprint):
                return await work(_nobody, end - loop.time())
            claim = await place.wait(end - loop.time())
            if claim is not None and (
                claim.state is not ClaimState.PENDING or end - loop.time() < _WORTHWHILE
            ):
                return claim
        return await self._lead(key, request, patience=end - loop.time(), work=work)

    async def _lead(self, key: tuple[str, str], request: Request, *, patience: float, work: Work) -> Claim:
        place = self._places[key] = _Place(request.fingerprint)
        try:
            claim = await work(place.tell, patience)
        except asyncio.CancelledError:
            place.end(None)
            raise
        except Exception as error:
            place.fail(error)
            raise
        finally:
            del self._places[key]
        place.end(claim)
        return claim


def _nobody(_claim: Claim) -> None:
    """Show the claim to nobody."""


_T = TypeVar("_T")

_FIRST_POLL, _LONGEST_POLL = 0.05, 0.4


@dataclass(frozen=True, slots=True)
class VerifyCommand:
    """A relying party's claim, already validated.

    content: what repetitions of the request must share. Only its keyed hash is stored. account_token: None at
    sign-up.
    invitation_code_hash: core.invitation_code.code_hash of the request's code, if it had one.
    """

    relying_party: str
    actor_id: str
    request_id: str
    method: str
    content: bytes = field(repr=False)
    identity: Identity
    consent: Consent
    account_token: str | None
    invitation_code_hash: bytes | None = field(default=None, repr=False)


class VerificationFlow:
    """Claims for people and organisations."""

    def __init__(
        self,
        *,
        store: VerificationStore,
        jobs: JobStore,
        settlement: SettlementFlow,
        indexer: Indexer,
        marker: PairMarker,
        fingerprinter: Fingerprinter,
        guard: LogGuard,
        entropy: Entropy,
        policy: OperatorPolicy,
    ) -> None:
        """Initialise with the ports. settlement: calls the registry."""
        self._store = store
        self._jobs = jobs
        self._settlement = settlement
        self._indexer = indexer
        self._marker = marker
        self._fingerprinter = fingerprinter
        self._guard = guard
        self._entropy = entropy
        self._events = EventFactory(entropy=entropy)
        self._policy = policy
        self._queue = QueueFlow(store=store, jobs=jobs, policy=policy)
        self._repeats = Repeats()
        self._running: set[asyncio.Task[Any]] = set()

    async def verify(self, command: VerifyCommand, *, now: ClockReading, patience: float) -> Claim:
        """Open the claim, or find the existing one, and wait up to `patience` seconds for its outcome.

        Raises AlreadyExistsError, NotFoundError, PreconditionError, ExhaustedError and UnavailableError.
        """
        # The hosted pages call for the platforms whose visitors they have.
        caller.serve(caller.platform(command.relying_party))
        await self._guard.check(now=now)
        request = self._request(command)

        def work(tell: Tell, patience: float) -> Awaitable[Claim]:
            return self._verify(command, request, now=now, patience=patience, tell=tell)

        claim = await self._repeats.attend(request, patience=patience, work=work)
        return self._shown(claim, command.request_id, now)

    async def _verify(
        self, command: VerifyCommand, request: Request, *, now: ClockReading, patience: float, tell: Tell
    ) -> Claim:
        await self._queue.check(request, now=now)
        behind = await self._queue.is_waiting(
            relying_party=command.relying_party,
            kind=command.identity.subject_kind,
            sign_up=command.account_token is None,
            now=now,
        )
        new_claim = self._new_claim(command, request, now)
        event, superseded = (
            self._events.event(
                kind,
                actor_id=command.actor_id,
                now=now,
                account_token=new_claim.account_token,
            )
            for kind in (EventType.CLAIM_OPEN, EventType.CLAIM_SUPERSEDE)
        )
        turn = None if behind else self._settlement.turn(new_claim.subject_kind, patience=patience)
        opened = await self._store.open(new_claim, event=event, superseded=superseded, turn=turn)
        tell(opened.claim)
        if opened.job is None:
            return await self._repeat(opened.claim, command, request, now=now, patience=patience)
        if behind:
            return await self._wait(opened.job, command, request, now=now)
        return await self._settle(
            opened.job, command, request, now=now, patience=patience, reserved=opened.reserved
        )

    async def get(self, *, relying_party: str, request_id: str, now: ClockReading) -> Claim:
        """Return the current claim of a request; raises NotFoundError (REQUEST_NOT_FOUND)."""
        kept_id = self._fingerprinter.kept_id(relying_party=relying_party, request_id=request_id)
        claim = await self._store.find(relying_party=relying_party, request_id=kept_id)
        return self._shown(claim, request_id, now)

    async def find(self, *, relying_party: str, kept_id: str, now: ClockReading) -> Claim:
        """Return the current claim of a request by its stored id; raises as `get` does."""
        claim = await self._store.find(relying_party=relying_party, request_id=kept_id)
        return self._shown(claim, kept_id, now)

    async def drain(self) -> None:
        """Wait for settlements that are still running after their calls ended."""
        while self._running:
            await asyncio.gather(*self._running, return_exceptions=True)

    def _request(self, command: VerifyCommand) -> Request:
        fingerprint = self._fingerprinter.fingerprint(method=command.method, content=command.content)
        kept_id = self._fingerprinter.kept_id(
            relying_party=command.relying_party, request_id=command.request_id
        )
        return Request(command.relying_party, kept_id, fingerprint)

    def _new_claim(self, command: VerifyCommand, request: Request, now: ClockReading) -> NewClaim:
        spellings = 1 if name.alternative_spelling(command.identity.name) is None else 2
        return NewClaim(
            request=request,
            claim_id=self._events.new_id(),
            account_token=command.account_token or token.make(self._entropy.random(16)),
            new_account=command.account_token is None,
            subject_kind=command.identity.subject_kind,
            consent=command.consent,
            ais=tuple(self._events.new_id() for _ in range(spellings)),
            person=self._indexer.person(
                relying_party=command.relying_party,
                identity=command.identity,
                person_id=self._events.new_id(),
                today=now.today(self._policy.zone),
            ),
            pair=self._marker.mark(relying_party=command.relying_party, identity=command.identity),
            lease=self._lease(now),
            now=now,
            invitation_code_hash=command.invitation_code_hash,
        )

    def _lease(self, now: ClockReading) -> Lease:
        return Lease(self._events.new_id(), now.real + LEASE)

    async def _wait(self, job: Job, command: VerifyCommand, request: Request, *, now: ClockReading) -> Claim:
        await asyncio.shield(self._spawn(self._settlement.queue(job, command.identity, now=now)))
        return await self._find(request)

    async def _settle(
        self,
        job: Job,
        command: VerifyCommand,
        request: Request,
        *,
        now: ClockReading,
        patience: float,
        reserved: Reserved | None = None,
    ) -> Claim:
        # In a separate task: a caller that disconnects must not interrupt a check.
        claim = await asyncio.shield(
            self._spawn(
                self._settlement.settle(job, command.identity, now=now, patience=patience, reserved=reserved)
            )
        )
        return claim or await self._find(request)

    async def _repeat(
        self,
        claim: Claim,
        command: VerifyCommand,
        request: Request,
        *,
        now: ClockReading,
        patience: float,
    ) -> Claim:
        if claim.state is not ClaimState.PENDING:
            return claim
        job = await self._jobs.take(
            account_token=claim.account.account_token,
            claim_id=claim.claim_id,
            lease=self._lease(now),
            now=now.real,
        )
        if job is not None:
            return await self._settle(job, command, request, now=now, patience=patience)
        claim = await self._await_outcome(claim, request, patience=patience)
        if claim.state is ClaimState.PENDING:
            # The process that holds the job may have died, and from now on this caller only polls by request
            # id.
            await self._settlement.deposit(
                claim, relying_party=command.relying_party, identity=command.identity, now=now
            )
        return claim

    async def _await_outcome(self, claim: Claim, request: Request, *, patience: float) -> Claim:
        loop = asyncio.get_running_loop()
        end, pause = loop.time() + patience, _FIRST_POLL
        while claim.state is ClaimState.PENDING and loop.time() + pause < end:
            await asyncio.sleep(pause)
            claim = await self._find(request)
            pause = min(2 * pause, _LONGEST_POLL)
        return claim

    async def _find(self, request: Request) -> Claim:
        return await self._store.find(relying_party=request.caller, request_id=request.request_id)

    def _shown(self, claim: Claim, request_id: str, now: ClockReading) -> Claim:
        """Return a claim with its account as of today and the caller's request id."""
        fallen = account_rules.fall(account=claim.account, now=now.business)
        account = account_rules.expire(account=fallen, today=now.today(self._policy.zone))
        return replace(claim, account=account, request_id=request_id)

    def _spawn(self, work: Coroutine[Any, Any, _T]) -> asyncio.Task[_T]:
        # What has cost a call of the registry is not to wait behind claims that are not open yet.
        with caller.serving(caller.begun(caller.current())):
            task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task
