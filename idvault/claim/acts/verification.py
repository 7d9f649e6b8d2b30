"""Opens and reads claims: one is refused, checked at once or queued; a repeat waits for the first call.

An attacker with the database and the request key could guess names and document numbers and compare their
hash with the stored fingerprint of a request. Therefore the fingerprint also covers the caller's random
request id, and that id is not stored: the request is found under an id derived from it. Without the request
id there is nothing to compare a guess with.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from typing import Any, TypeVar

from idvault.account import rules as account_rules
from idvault.claim import rules, store
from idvault.claim.acts import registry_check
from idvault.claim.acts.claim import OpenedClaim, open_claim
from idvault.claim.acts.registry_check import LEASE, Proven, SettlementContext
from idvault.claim.job import store as job_store
from idvault.claim.job.rules import Lease
from idvault.claim.job.store import Job
from idvault.claim.rules import Claim
from idvault.claim.store import NewClaim
from idvault.core import account_request, caller, share
from idvault.core import request as request_rules
from idvault.core.act import SYSTEM, Tx, Vault, act
from idvault.core.request import Fingerprinter, Request, keyed
from idvault.registry.ports import Reserved
from idvault.sealing.ports import Indexer, PairMarker, PersonKey
from idvault_verify import token
from idvault_verify.account import Assurance, SubjectKind
from idvault_verify.claim import AnyIdentity, ClaimState, Consent, Identity, OpaqueIdentity
from idvault_verify.clock import ClockReading
from idvault_verify.error import ExhaustedError, PreconditionError, Reason

_LIMIT = timedelta(hours=24)
_COUNT_AGE = timedelta(seconds=1)
_LONGEST_COUNT_AGE = timedelta(seconds=30)
_NEWCOMERS = 10_000  # in a second: more than any deployment has
_LOOK_AGE = timedelta(milliseconds=250)


class KnownQueue:
    """What an edge knows of the queue, for a short time because reading is expensive.

    Claims that arrive during a read wait for its result. Otherwise a burst of claims would count the queue
    once for each caller, when the queue is longest.
    """

    def __init__(self, *, calls_per_second: float) -> None:
        """Begin without knowledge. calls_per_second: the shared cap on checks."""
        self._cap = calls_per_second
        self._count: Mapping[str, int] = {}
        self._count_until: datetime | None = None
        self._counting = asyncio.Lock()
        self._looks: dict[tuple[str, SubjectKind, bool], tuple[bool, datetime]] = {}
        self._looking: dict[tuple[str, SubjectKind, bool], asyncio.Lock] = {}

    async def check(self, vault: Vault, request: Request, *, now: ClockReading) -> None:
        """Refuse a new claim that would not be checked within 24 h (core.share); a repeat always passes.

        Raises ExhaustedError (REGISTRY_BACKLOG), AlreadyExistsError (REQUEST_ID_REUSED).
        """
        async with self._counting:
            backlog = await self._counted(vault, now.real)
        try:
            share.check_queue(backlog=backlog, relying_party=request.caller, per_second=self._cap)
        except ExhaustedError:
            known = await vault.read("verification.find", lambda one: account_request.find(one, request))
            if known is None:
                raise

    async def is_waiting(
        self, vault: Vault, party: str, *, kind: SubjectKind, sign_up: bool, now: ClockReading
    ) -> bool:
        """Return whether queued claims of this relying party come before a new one of this kind.

        If none is queued, the new claim is checked at once: a relying party below its share of the cap has no
        queue. Each kind has a registry of its own, so another kind's claims do not count.
        """
        key = (party, kind, sign_up)
        asked = job_store.BEFORE_SIGN_UP if sign_up else job_store.BEFORE_RE_VERIFICATION
        async with self._looking.setdefault(key, asyncio.Lock()):
            known = self._looks.get(key)
            if known is None or abs(now.real - known[1]) >= _LOOK_AGE:
                found = await vault.main.one(
                    "job.is_waiting", asked, party=party, kind=kind.value, now=now.real
                )
                known = self._looks[key] = (found is True, now.real)
            return known[0]

    async def _counted(self, vault: Vault, now: datetime) -> Mapping[str, int]:
        if self._count_until is None or now > self._count_until:
            with caller.serving(caller.NOBODY):
                self._count = await vault.read("job.backlog", job_store.count)
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
    """The requests that this process is working on.

    - The first caller of a request does the work; others with the same id and body wait, without the
      database.
    - Each waits as long as its own patience allows, and then gets the claim as it was opened.
    - If the first caller goes away, or its patience ends before that of others, one of the others takes over.
    """

    def __init__(self) -> None:
        """Start without requests."""
        self._places: dict[tuple[str, str], _Place] = {}

    async def attend(self, request: Request, *, patience: float, work: Work) -> Claim:
        """Return the claim of a request: do the work, or wait up to `patience` seconds for whoever does it.

        work: gets a function to call with the claim once it is open, and the patience that is left. A request
        with the same id and another body does its own work, which refuses it.
        """
        loop, found = asyncio.get_running_loop(), self._find(request)
        end = loop.time() + patience * (1 if found is None else found[0].join())
        while (found := self._find(request)) is not None:
            place, fingerprints = found
            if not request_rules.is_same(stored=place.fingerprint, asked=fingerprints):
                return await work(_nobody, end - loop.time())
            claim = await place.wait(end - loop.time())
            if claim is not None and (
                claim.state is not ClaimState.PENDING or end - loop.time() < _WORTHWHILE
            ):
                return claim
        return await self._lead(request, patience=end - loop.time(), work=work)

    def _find(self, request: Request) -> tuple[_Place, list[bytes]] | None:
        """Return the place of a request under any of its ids, and its fingerprints there."""
        for kept_id, fingerprints in request.known_as().items():
            if (place := self._places.get((request.caller, kept_id))) is not None:
                return place, fingerprints
        return None

    async def _lead(self, request: Request, *, patience: float, work: Work) -> Claim:
        key = (request.caller, request.request_id)
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
    kept_id: under which its request is to be kept, if that is decided already; None for the key in use.
    proven: what a provider has said already; None if a registry is to be asked. guarded: whether an adult was
    confirmed in the session of a child (claim.acts.guardian). new_token: of the account of a sign-up, "" for
    one that is drawn. upgrade: whether it adds to a verification that is valid, whose dates stay
    (claim.rules.conclude).
    """

    relying_party: str
    actor_id: str
    request_id: str
    method: str
    content: bytes = field(repr=False)
    identity: AnyIdentity
    consent: Consent
    account_token: str | None
    invitation_code_hash: bytes | None = field(default=None, repr=False)
    kept_id: str | None = None
    proven: Proven | None = None
    guarded: bool = False
    new_token: str = ""
    upgrade: bool = False

    @property
    def named(self) -> Identity:
        """Whom a registry is asked about; raises PreconditionError for a person without name and number."""
        if isinstance(self.identity, OpaqueIdentity):
            raise PreconditionError(Reason.PROOF_NOT_OFFERED)
        return self.identity

    def request(self, fingerprinter: Fingerprinter) -> Request:
        """Return the request; its fingerprint also covers the random id, which is kept nowhere.

        Raises AlreadyExistsError (REQUEST_ID_REUSED) if it cannot have the id under which it is to be kept.
        """
        request = keyed(self, fingerprinter)
        return request if self.kept_id is None else request.kept_as(self.kept_id)


class ClaimContext:
    """What the claims of an edge need beside the vault, and what it is working on."""

    def __init__(self, *, settlement: SettlementContext, indexer: Indexer, marker: PairMarker) -> None:
        """Begin without claims."""
        self.settlement = settlement
        self.indexer = indexer
        self.marker = marker
        self.queue = KnownQueue(calls_per_second=settlement.policy.registry_calls_per_second)
        self.repeats = Repeats()
        self._running: set[asyncio.Task[Any]] = set()

    @property
    def zone(self) -> tzinfo:
        """The deployment's time zone."""
        return self.settlement.policy.zone

    async def begun(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Run work in a task of its own: a caller that disconnects must not interrupt a check."""
        # What has cost a call of the registry is not to wait behind claims that are not open yet.
        with caller.serving(caller.begun(caller.current())):
            task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)

    async def drain(self) -> None:
        """Wait for settlements that are still running after their calls ended."""
        while self._running:
            await asyncio.gather(*self._running, return_exceptions=True)


async def verify(
    vault: Vault, command: VerifyCommand, now: ClockReading, *, patience: float, context: ClaimContext
) -> Claim:
    """Open the claim, or find the existing one, and wait up to `patience` seconds for its outcome.

    Raises AlreadyExistsError, NotFoundError, PreconditionError, ExhaustedError and UnavailableError.
    """
    # The hosted pages call for the platforms whose visitors they have.
    caller.serve(caller.platform(command.relying_party))
    await vault.guard.check(now=now)
    asked = _Verifying(vault, command, command.request(vault.fingerprinter), now, context)
    claim = await context.repeats.attend(asked.request, patience=patience, work=asked.work)
    return _shown(claim, command.request_id, now, zone=context.zone)


async def get(vault: Vault, party: str, request_id: str, now: ClockReading, *, zone: tzinfo) -> Claim:
    """Return the current claim of a request; raises NotFoundError (REQUEST_NOT_FOUND)."""
    kept_id = vault.fingerprinter.kept_id(relying_party=party, request_id=request_id)
    return replace(await find(vault, party, kept_id, now, zone=zone), request_id=request_id)


async def find(vault: Vault, party: str, kept_id: str, now: ClockReading, *, zone: tzinfo) -> Claim:
    """Return the current claim of a request by its stored id; raises as `get` does."""
    found = await vault.read("verification.find", lambda one: store.find(one, party, kept_id))
    return _shown(found, kept_id, now, zone=zone)


def _shown(claim: Claim, request_id: str, now: ClockReading, *, zone: tzinfo) -> Claim:
    """Return a claim with its account as of today and the caller's request id."""
    fallen = account_rules.fall(account=claim.account, now=now.business)
    account = account_rules.expire(account=fallen, today=now.today(zone))
    return replace(claim, account=account, request_id=request_id)


async def _current(vault: Vault, account_token: str, claim_id: str) -> Claim:
    """Return a claim as it is now; its request may be kept under an id of another version of the key."""
    return await vault.read("verification.find", lambda one: store.get(one, account_token, claim_id))


@act("job.take")
async def take(tx: Tx, account_token: str, claim_id: str, lease: Lease) -> Job | None:
    """Lease the job of a claim without an intake, for a caller that repeats its request.

    None if the job is DONE, has an intake, or is leased beyond now.
    """
    tx.unchanged("a lease decides nothing about a claim")
    return await job_store.take(
        tx.connection, lease, account_token=account_token, claim_id=claim_id, now=tx.now.real
    )


@dataclass(frozen=True, slots=True)
class _Verifying:
    """One call that this process works on."""

    vault: Vault
    command: VerifyCommand
    request: Request
    now: ClockReading
    context: ClaimContext

    async def work(self, tell: Tell, patience: float) -> Claim:
        """Open the claim and settle it, or queue it; a repeat waits for its outcome."""
        behind = self.command.proven is None and await self._is_behind()
        opened = await self._open(behind, patience)
        tell(opened.claim)
        if opened.job is None:
            return await self._repeat(opened.claim, patience)
        if behind:
            await self.context.begun(self._queue(opened.job))
            return await _current(self.vault, opened.job.account_token, opened.job.claim_id)
        return await self._settle(opened.job, patience, opened.reserved)

    async def _is_behind(self) -> bool:
        """Return whether the claim must wait behind others; raises ExhaustedError (REGISTRY_BACKLOG)."""
        queue, command = self.context.queue, self.command
        await queue.check(self.vault, self.request, now=self.now)
        return await queue.is_waiting(
            self.vault,
            command.relying_party,
            kind=command.identity.subject_kind,
            sign_up=command.account_token is None,
            now=self.now,
        )

    async def _open(self, behind: bool, patience: float) -> OpenedClaim:
        new = self._new_claim()
        settling = self.context.settlement
        asks = not behind and self.command.proven is None
        turn = settling.turn(new.subject_kind, patience=patience) if asks else None
        request = self.request.of_account(new.account_token)
        return await open_claim.run(self.vault, self.command, self.now, request, new.claim_id, new, turn)

    def _new_claim(self) -> NewClaim:
        vault, command, context = self.vault, self.command, self.context
        party, identity = command.relying_party, command.identity
        spelled = None if command.proven else rules.alternative_spelling(identity=command.named)
        spellings = 1 if spelled is None else 2
        account_token = (
            command.account_token or command.new_token or token.make(vault.events.entropy.random(16))
        )
        return NewClaim(
            request=self.request,
            claim_id=vault.new_id(),
            account_token=account_token,
            new_account=command.account_token is None,
            subject_kind=identity.subject_kind,
            consent=command.consent,
            ais=tuple(vault.new_id() for _ in range(spellings)),
            person=self._person(identity),
            pair=context.marker.mark(relying_party=party, identity=identity),
            lease=self._lease(),
            invitation_code_hash=command.invitation_code_hash,
            proved=Assurance.REGISTRY_MATCH if command.proven is None else command.proven.fact,
            representative=self._representative(account_token),
        )

    def _person(self, identity: AnyIdentity) -> PersonKey:
        return self.context.indexer.person(
            relying_party=self.command.relying_party,
            identity=identity,
            person_id=self.vault.new_id(),
            today=self.now.today(self.context.zone),
        )

    def _former(self, proven: Proven) -> PersonKey | None:
        """Return whom the platform knows under a former number; an index covers no name."""
        return None if proven.former is None else self._person(Identity("", proven.former))

    def _representative(self, account_token: str) -> bytes | None:
        identity = self.command.identity
        if isinstance(identity, OpaqueIdentity) or (person := identity.representative) is None:
            return None
        return self.context.indexer.representative(
            relying_party=self.command.relying_party, account_token=account_token, identity=person
        )[0]

    def _lease(self) -> Lease:
        return Lease(self.vault.new_id(), self.now.real + LEASE)

    def _queue(self, job: Job) -> Coroutine[Any, Any, None]:
        return registry_check.queue(
            self.vault,
            job,
            self.command.named,
            self.now,
            context=self.context.settlement,
            guarded=self.command.guarded,
        )

    async def _settle(self, job: Job, patience: float, reserved: Reserved | None = None) -> Claim:
        command, settling = self.command, self.context.settlement
        if command.proven is None:
            work = registry_check.check(
                self.vault,
                job,
                command.named,
                self.now,
                patience=patience,
                context=settling,
                reserved=reserved,
                guarded=command.guarded,
            )
        else:
            work = registry_check.conclude_proven(
                self.vault,
                job,
                command.identity,
                self.now,
                proven=command.proven,
                context=settling,
                guarded=command.guarded,
                former=self._former(command.proven),
                upgrade=command.upgrade,
            )
        claim = await self.context.begun(work)
        return claim or await _current(self.vault, job.account_token, job.claim_id)

    async def _repeat(self, claim: Claim, patience: float) -> Claim:
        if claim.state is not ClaimState.PENDING:
            return claim
        token = claim.account.account_token
        job = await take(self.vault, SYSTEM, self.now, token, claim.claim_id, self._lease())
        if job is not None:
            return await self._settle(job, patience)
        claim = await self._outcome(claim, patience)
        # What a provider has said is not kept: only a repeat can bring it again.
        if claim.state is ClaimState.PENDING and self.command.proven is None:
            # The process that holds the job may have died, and from now on this caller only polls by request
            # id.
            await registry_check.deposit(
                self.vault,
                claim,
                self.command.named,
                self.now,
                relying_party=self.command.relying_party,
                context=self.context.settlement,
                guarded=self.command.guarded,
            )
        return claim

    async def _outcome(self, claim: Claim, patience: float) -> Claim:
        loop = asyncio.get_running_loop()
        end, pause = loop.time() + patience, _FIRST_POLL
        while claim.state is ClaimState.PENDING and loop.time() + pause < end:
            await asyncio.sleep(pause)
            claim = await _current(self.vault, claim.account.account_token, claim.claim_id)
            pause = min(2 * pause, _LONGEST_POLL)
        return claim
