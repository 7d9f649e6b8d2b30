"""Checks one claim at a registry and stores the outcome; the edge and the worker both use it.

Settles the backlog: leases only as many waiting claims as it can start at once.

A wrong clock would let claims wait until its time, so nothing is leased under one.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo

from idvault.account import rules as account_rules
from idvault.claim import rules as claim_rules
from idvault.claim.job import rules as job_rules
from idvault.claim.job.ports import JobStore
from idvault.claim.job.rules import JobProgress, JobState, RegistryCall, Step
from idvault.claim.ports import Claim, Following, Job, Lease, Settlement, VerificationStore
from idvault.claim.rules import ClaimOutcome, Owner
from idvault.core import caller
from idvault.core.entropy import Entropy
from idvault.core.event_factory import EventFactory
from idvault.core.loop import pause
from idvault.core.policy import OperatorPolicy
from idvault.log.acts.guard import LogGuard
from idvault.registry.ports import CallTurn, CappedRegistry, Reserved
from idvault.sealing.ports import Intake, IntakeOpener, IntakeSealer, RecordSealer
from idvault.verify import name
from idvault.verify.account import SubjectKind
from idvault.verify.claim import Identity
from idvault.verify.clock import ClockReading
from idvault.verify.error import DamagedError
from idvault.verify.event import SYSTEM_ACTOR, Event, EventType
from idvault.verify.record import SealedRecord
from idvault.verify.registry import RegistryAnswer

LEASE = timedelta(seconds=15)  # longer than the 10 s after which a lost check may be queried
PATIENCE = 5.0  # the registry's recommended time-out in seconds
_DAMAGED_WAIT = timedelta(minutes=1)
_LEAST_PATIENCE = 0.05
_HOLD = timedelta(seconds=1)


class SettlementFlow:
    """Settles claims; holds no transaction during a registry call."""

    def __init__(
        self,
        *,
        store: VerificationStore,
        jobs: JobStore,
        registries: Mapping[SubjectKind, CappedRegistry],
        withheld: Mapping[SubjectKind, CappedRegistry],
        record_sealer: RecordSealer,
        intake_sealer: IntakeSealer,
        entropy: Entropy,
        policy: OperatorPolicy,
        on_settled: Callable[[Claim], None],
    ) -> None:
        """Initialise with the ports.

        withheld: answer for claims that are not sent. on_settled: called for each claim that this process
        settles.
        """
        self._store = store
        self._jobs = jobs
        self._registries = registries
        self._withheld = withheld
        self._record_sealer = record_sealer
        self._intake_sealer = intake_sealer
        self._events = EventFactory(entropy=entropy)
        self._entropy = entropy
        self._policy = policy
        self._on_settled = on_settled
        self._unsent_at: dict[SubjectKind, datetime] = {}

    def is_held(self, kind: SubjectKind, *, now: datetime) -> bool:
        """Return whether the last call to the registry of a kind of subject, within a second, was not sent.

        There was no connection, or no slot.
        """
        unsent_at = self._unsent_at.get(kind)
        return unsent_at is not None and unsent_at <= now < unsent_at + _HOLD

    def turn(self, kind: SubjectKind, *, patience: float) -> CallTurn | None:
        """Return the turn that a new claim's check needs, None if it needs none or would not be sent."""
        return self._registries[kind].turn(patience=patience)

    async def queue(self, job: Job, identity: Identity, *, now: ClockReading) -> None:
        """Queue a new claim without a check; raises UnavailableError."""
        job = replace(job, progress=job_rules.queued(progress=job.progress, now=now.real))
        await self._wait(job, identity, now=now)

    async def deposit(
        self, claim: Claim, *, relying_party: str, identity: Identity, now: ClockReading
    ) -> None:
        """Store the intake of a claim whose job another process holds, in case that process dies.

        Raises UnavailableError.
        """
        token = claim.account.account_token
        intake = await self._sealed(relying_party, token, claim.claim_id, identity, now)
        event = self._postponed(token, now)
        await self._store.deposit(account_token=token, claim_id=claim.claim_id, intake=intake, event=event)

    async def settle(
        self,
        job: Job,
        identity: Identity,
        *,
        now: ClockReading,
        patience: float,
        reserved: Reserved | None = None,
    ) -> Claim | None:
        """Call the registry within `patience` seconds; settle on a deciding answer, else let the claim wait.

        reserved: the result of the turn of the first check, if there was one.
        Returns None if the claim still waits or another process ended it. Raises UnavailableError; the lease
        then ends, and the process that leases the job next asks for the result of the check.
        """
        loop = asyncio.get_running_loop()
        begun, asked_at = loop.time(), now
        end = begun + patience
        while True:
            step = await self._ask(job, identity, now=asked_at, patience=end - loop.time(), reserved=reserved)
            reserved = None
            if step is None:
                return None
            if step.final is not None:
                return await self._conclude(job, identity, step.final, now=now)
            other_spelling = step.progress.check_index > job.progress.check_index
            job = replace(job, progress=step.progress)
            # The second call is made later than the first, so its earliest query moves by the same time.
            asked_at = now.later(loop.time() - begun)
            goes_on = other_spelling or job_rules.is_due(progress=job.progress, now=asked_at.real)
            if not goes_on or end - loop.time() < _LEAST_PATIENCE:
                await self._wait(job, identity, now=now)
                return None

    async def _ask(
        self,
        job: Job,
        identity: Identity,
        *,
        now: ClockReading,
        patience: float,
        reserved: Reserved | None,
    ) -> Step | None:
        """Return the step after the registry's answer; None if the lease was lost before a check was sent."""
        progress = job.progress
        if progress.state is not JobState.SENDING and progress.next_at > now.real:
            return Step(progress)
        registries = self._withheld if job.withheld else self._registries
        ai, registry = job.ais[progress.check_index], registries[identity.subject_kind]
        if job_rules.next_call(progress=progress, can_query=registry.can_query) is RegistryCall.QUERY:
            answer = self._heed(job, await registry.query(ai=ai, patience=patience), now)
            return job_rules.after_query(
                progress=progress, answer=answer, spellings=len(job.ais), now=now.real
            )
        sending = job_rules.send(progress=progress, now=now.real)
        if sending != progress and not await self._jobs.advance(job, progress=sending, keep_lease=True):
            return None
        spelled = _spelled(identity, progress.check_index)
        told = await registry.check(ai=ai, identity=spelled, patience=patience, reserved=reserved)
        answer = self._heed(job, told, now)
        return job_rules.after_check(
            progress=sending,
            answer=answer,
            spellings=len(job.ais),
            can_query=registry.can_query,
            now=now.real,
            midnight=_next_midnight(now.real, self._policy.zone),
        )

    def _heed(self, job: Job, answer: RegistryAnswer, now: ClockReading) -> RegistryAnswer:
        if not job.withheld:
            if answer in (RegistryAnswer.NOT_SENT, RegistryAnswer.NO_TURN):
                self._unsent_at[job.subject_kind] = now.real
            else:
                self._unsent_at.pop(job.subject_kind, None)
        return answer

    async def _conclude(
        self, job: Job, identity: Identity, answer: RegistryAnswer, *, now: ClockReading
    ) -> Claim | None:
        outcome = claim_rules.decide(answer=answer)
        # Sealed before it is known whether the claim is confirmed: the act that confirms it makes no calls.
        record = await self._seal(job, identity, answer) if outcome.succeeded else None
        return await self._end(
            job.account_token,
            job.claim_id,
            outcome,
            record,
            owner=claim_rules.owner(identity=identity),
            lease_id=job.lease.lease_id,
            now=now,
        )

    async def time_out(self, claim: Claim, *, now: ClockReading) -> Claim | None:
        """End a claim after 48 hours, whichever process holds its lease; None if it has ended meanwhile."""
        account = claim.account
        return await self._end(
            account.account_token,
            claim.claim_id,
            claim_rules.TIMED_OUT,
            None,
            owner=Owner(account.subject_kind),
            lease_id=None,
            now=now,
        )

    async def _end(
        self,
        account_token: str,
        claim_id: str,
        outcome: ClaimOutcome,
        record: SealedRecord | None,
        *,
        owner: Owner,
        lease_id: str | None,
        now: ClockReading,
    ) -> Claim | None:
        settlement = Settlement(
            account_token=account_token,
            claim_id=claim_id,
            outcome=outcome,
            record=record,
            owner=owner,
            lease_id=lease_id,
            accounts_per_person=self._policy.accounts_per_person,
            today=now.today(self._policy.zone),
            valid_days=self._policy.verification_days,
            now=now,
            following=self._following(account_token, now) if outcome.succeeded else None,
        )
        event = self._events.event(
            EventType.CLAIM_SETTLE, actor_id=SYSTEM_ACTOR, now=now, account_token=account_token
        )
        claim = await self._store.settle(settlement, event=event)
        if claim is not None:
            self._on_settled(claim)
        return claim

    def _following(self, account_token: str, now: ClockReading) -> Following:
        event = self._events.event(
            EventType.PERSON_FOLLOW, actor_id=SYSTEM_ACTOR, now=now, account_token=account_token
        )
        return Following(event, account_rules.delay(self._entropy.random(account_rules.DELAY_SEED_SIZE)))

    async def _seal(self, job: Job, identity: Identity, answer: RegistryAnswer) -> SealedRecord:
        return await self._record_sealer.seal(
            relying_party=job.relying_party,
            account_token=job.account_token,
            identity=identity,
            answer=answer,
            consent=job.consent,
        )

    async def _wait(self, job: Job, identity: Identity, *, now: ClockReading) -> None:
        """Store what a later try needs, and give up the lease."""
        if job.intake is not None:
            await self._jobs.advance(job, progress=job.progress, keep_lease=False)
            return
        intake = await self._sealed(job.relying_party, job.account_token, job.claim_id, identity, now)
        event = self._postponed(job.account_token, now)
        await self._store.postpone(job, intake=intake, progress=job.progress, event=event)

    async def _sealed(
        self, relying_party: str, account_token: str, claim_id: str, identity: Identity, now: ClockReading
    ) -> Intake:
        return await self._intake_sealer.seal(
            relying_party=relying_party,
            account_token=account_token,
            claim_id=claim_id,
            identity=identity,
            day=now.real.date().isoformat(),
        )

    def _postponed(self, account_token: str, now: ClockReading) -> Event:
        return self._events.event(
            EventType.CLAIM_POSTPONE, actor_id=SYSTEM_ACTOR, now=now, account_token=account_token
        )


class BacklogFlow:
    """Settles waiting claims; only the worker can, because only it opens intakes."""

    def __init__(
        self,
        *,
        store: VerificationStore,
        jobs: JobStore,
        settlement: SettlementFlow,
        opener: IntakeOpener,
        guard: LogGuard,
        entropy: Entropy,
    ) -> None:
        """Initialise with the ports. settlement: calls the registry."""
        self._store = store
        self._jobs = jobs
        self._settlement = settlement
        self._opener = opener
        self._guard = guard
        self._events = EventFactory(entropy=entropy)

    async def lease(self, *, now: ClockReading, limit: int) -> list[Job]:
        """Lease up to limit due jobs; none within a second of a call for a person that did not go out.

        Otherwise a long backlog would be leased and returned at full speed while the registry is unreachable.
        The registry of organisations holds back its own jobs only (`settle`): people do not wait for it.
        """
        await self._guard.check(now=now)
        if self._settlement.is_held(SubjectKind.INDIVIDUAL, now=now.real):
            return []
        lease = Lease(self._events.new_id(), now.real + LEASE)
        return await self._jobs.lease(lease=lease, now=now.real, limit=limit)

    async def settle(self, job: Job, *, now: ClockReading) -> Claim | None:
        """Open the intake of a leased job and settle its claim; if decryption fails, the job waits.

        Raises DamagedError and UnavailableError.
        """
        caller.serve(caller.platform(job.relying_party))
        if job.intake is None:
            raise ValueError("a job without an intake can only be settled by its caller")
        if self._settlement.is_held(job.subject_kind, now=now.real):
            await self._jobs.advance(job, progress=_held_back(job.progress, now.real), keep_lease=False)
            return None
        try:
            identity = self._opener.open(
                relying_party=job.relying_party,
                account_token=job.account_token,
                claim_id=job.claim_id,
                intake=job.intake,
            )
        except DamagedError:
            await self._jobs.advance(job, progress=_later(job.progress, now.real), keep_lease=False)
            raise
        return await self._settlement.settle(job, identity, now=now, patience=PATIENCE)

    async def time_out(self, *, now: ClockReading, limit: int) -> int:
        """End the claims that have had no answer for 48 hours; return how many."""
        await self._guard.check(now=now)
        overdue = await self._store.overdue(
            opened_before=now.business - claim_rules.CLAIM_LIFETIME, limit=limit
        )
        ended = [await self._settlement.time_out(claim, now=now) for claim in overdue]
        return len([claim for claim in ended if claim is not None])


def _held_back(progress: JobProgress, now: datetime) -> JobProgress:
    """Return the progress of a job whose registry takes no call now: nothing is sent, and nothing counted."""
    return replace(progress, next_at=max(progress.next_at, now + _HOLD))


def _later(progress: JobProgress, now: datetime) -> JobProgress:
    return replace(progress, attempts=progress.attempts + 1, next_at=now + _DAMAGED_WAIT)


def _spelled(identity: Identity, index: int) -> Identity:
    other = name.alternative_spelling(identity.name) if index else None
    return replace(identity, name=other) if other else identity


def _next_midnight(now: datetime, zone: tzinfo) -> datetime:
    local = now.astimezone(zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return midnight.astimezone(now.tzinfo)


_NAME = "settle"
_IDLE = 0.2
_BROKEN = 1.0


async def _is_never_wrong(_now: ClockReading) -> bool:
    """Trust the clock."""
    return False


class Settler:
    """A pool of settlements. A job is leased only when it can start, so no lease expires unused."""

    def __init__(
        self,
        *,
        backlog: BacklogFlow,
        clock: Callable[[], ClockReading],
        report: Callable[[str, Exception], None],
        width: int = 32,
        span: Callable[[str], AbstractContextManager[object]] = nullcontext,
        is_wrong: Callable[[ClockReading], Awaitable[bool]] = _is_never_wrong,
    ) -> None:
        """Initialise. report: receives failures; width: how many settlements run at once.

        span: surrounds each settlement, and each lease of a batch of them. is_wrong: returns whether somebody
        contradicts a reading of the clock.
        """
        self._backlog = backlog
        self._clock = clock
        self._report = report
        self._width = width
        self._span = span
        self._is_wrong = is_wrong
        self._running: set[asyncio.Task[None]] = set()

    async def run(self, *, stop: asyncio.Event) -> None:
        """Settle until stop is set, then finish the settlements in progress."""
        while not stop.is_set():
            await self._fill(stop)
        if self._running:
            await asyncio.wait(self._running)

    async def _fill(self, stop: asyncio.Event) -> None:
        free = self._width - len(self._running)
        jobs = await self._lease(free, stop) if free else []
        for job in jobs:
            task = asyncio.create_task(self._settle(job))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        if not free:
            await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
        elif not jobs:
            await pause(stop, _IDLE)

    async def _lease(self, free: int, stop: asyncio.Event) -> list[Job]:
        now = self._clock()
        try:
            if await self._is_wrong(now):
                return []
            with self._span("lease"):
                return await self._backlog.lease(now=now, limit=free)
        except Exception as error:  # the store may be unreachable for a while; the worker waits for it
            self._report(_NAME, error)
            await pause(stop, _BROKEN)
            return []

    async def _settle(self, job: Job) -> None:
        try:
            with self._span(_NAME):
                await self._backlog.settle(job, now=self._clock())
        except Exception as error:
            # The lease ends, and the process that leases the job next asks for the result of the check first.
            self._report(_NAME, error)
