"""Opens and reads claims for a person or an organisation that signs up or verifies again.

An attacker with the database and the request key could guess names and document numbers and compare their
hash with the stored fingerprint of a request. Therefore the fingerprint also covers the caller's random
request id, and that id is not stored: the request is found under an id derived from it. Without the request
id there is nothing to compare a guess with.
"""

import asyncio
from collections.abc import Awaitable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from idvault.account.rules import account as account_rules
from idvault.claim.acts.admission import QueueFlow
from idvault.claim.acts.repeats import Repeats, Tell
from idvault.claim.acts.settlement import LEASE, SettlementFlow
from idvault.claim.job.ports import JobStore
from idvault.claim.ports import Claim, Job, Lease, NewClaim, VerificationStore
from idvault.core import caller
from idvault.core.entropy import Entropy
from idvault.core.policy import OperatorPolicy
from idvault.core.request import Fingerprinter, Request
from idvault.log.acts.events import EventFactory
from idvault.log.acts.guard import LogGuard
from idvault.registry.budget_ports import Reserved
from idvault.sealing.ports import Indexer, PairMarker
from idvault.verify import name, token
from idvault.verify.claim import ClaimState, Consent, Identity
from idvault.verify.clock import ClockReading
from idvault.verify.event import EventType
from idvault.verify.seal import Part

_T = TypeVar("_T")

_FIRST_POLL, _LONGEST_POLL = 0.05, 0.4


@dataclass(frozen=True, slots=True)
class VerifyCommand:
    """A relying party's claim, already validated.

    fields: the fields of the request that its repetitions must share, in field-number order, as received: all
    but request_id and consent.agree_time. Only their keyed hash is stored. account_token: None at sign-up.
    invitation_code_hash: domain.campaign.invitation.code_hash of the request's code, if it had one.
    """

    relying_party: str
    actor_id: str
    request_id: str
    method: str
    fields: tuple[Part, ...] = field(repr=False)
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
        fingerprint = self._fingerprinter.fingerprint(
            method=command.method, fields=(command.request_id, *command.fields)
        )
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
