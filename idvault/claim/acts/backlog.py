"""What the worker does with claims: settles those that wait, ends those of 48 hours, forgets old requests.

Only the worker settles a waiting claim, because only it opens intakes. It leases as many as it can start at
once, and none under a wrong clock, which would let claims wait until its time.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from idvault.claim import store
from idvault.claim.acts import registry_check
from idvault.claim.acts.registry_check import HOLD, LEASE, SettlementContext, advance
from idvault.claim.job import store as job_store
from idvault.claim.job.rules import JobProgress, Lease
from idvault.claim.job.store import Job, Turns
from idvault.claim.rules import CLAIM_LIFETIME, REQUEST_LIFETIME, Claim
from idvault.core import account_request, caller, person_request
from idvault.core.act import SYSTEM, Actor, Tx, Vault, act, sweep
from idvault.core.loop import pause
from idvault.sealing.ports import IntakeOpener
from idvault_verify.account import SubjectKind
from idvault_verify.clock import ClockReading
from idvault_verify.error import DamagedError
from idvault_verify.event import EventType

PATIENCE = 5.0  # the registry's recommended time-out in seconds
_DAMAGED_WAIT = timedelta(minutes=1)


@act("job.lease")
async def lease_due(tx: Tx, lease: Lease, turns: Turns, limit: int) -> tuple[list[Job], Turns]:
    """Lease up to `limit` due jobs that have an intake, in fair order; return them, and the next turns."""
    tx.unchanged("a lease decides nothing about a claim")
    return await job_store.lease_due(tx.connection, lease, turns=turns, now=tx.now.real, limit=limit)


@dataclass(kw_only=True, eq=False, repr=False)
class Backlog:
    """The waiting claims, as one worker settles them.

    Each worker keeps its turns in memory and starts again; across several processes the result is still fair.
    """

    vault: Vault
    context: SettlementContext
    opener: IntakeOpener
    _turns: dict[int, str] = field(default_factory=dict, init=False)

    async def lease(self, *, now: ClockReading, limit: int) -> list[Job]:
        """Lease up to limit due jobs; none within a second of a call for a person that did not go out.

        Otherwise a long backlog would be leased and returned at full speed while the registry is unreachable.
        The registry of organisations holds back its own jobs only (`settle`): people do not wait for it.
        """
        await self.vault.guard.check(now=now)
        if self.context.is_held(SubjectKind.INDIVIDUAL, now=now.real):
            return []
        lease = Lease(self.vault.new_id(), now.real + LEASE)
        won, turns = await lease_due(self.vault, SYSTEM, now, lease, self._turns, limit)
        # Updated only after the act: a retried act must start from the same turns.
        self._turns.update(turns)
        return won

    async def settle(self, job: Job, *, now: ClockReading) -> Claim | None:
        """Open the intake of a leased job and settle its claim; if decryption fails, the job waits.

        Raises DamagedError and UnavailableError.
        """
        caller.serve(caller.platform(job.relying_party))
        if job.intake is None:
            raise ValueError("a job without an intake can only be settled by its caller")
        if self.context.is_held(job.subject_kind, now=now.real):
            await self._release(job, _held_back(job.progress, now.real), now)
            return None
        try:
            waiting = self.opener.open(
                relying_party=job.relying_party,
                account_token=job.account_token,
                claim_id=job.claim_id,
                intake=job.intake,
            )
        except DamagedError:
            await self._release(job, _later(job.progress, now.real), now)
            raise
        return await registry_check.check(
            self.vault,
            job,
            waiting.identity,
            now,
            patience=PATIENCE,
            context=self.context,
            guarded=waiting.guarded,
        )

    async def _release(self, job: Job, progress: JobProgress, now: ClockReading) -> None:
        await advance(self.vault, SYSTEM, now, job, progress, keep_lease=False)


def _held_back(progress: JobProgress, now: datetime) -> JobProgress:
    """Return the progress of a job whose registry takes no call now: nothing is sent, and nothing counted."""
    return replace(progress, next_at=max(progress.next_at, now + HOLD))


def _later(progress: JobProgress, now: datetime) -> JobProgress:
    return replace(progress, attempts=progress.attempts + 1, next_at=now + _DAMAGED_WAIT)


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
        backlog: Backlog,
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


async def time_out_all(vault: Vault, now: ClockReading, *, limit: int, context: SettlementContext) -> int:
    """End the claims that have had no answer for 48 hours; return how many. Raises UnavailableError."""
    before = now.business - CLAIM_LIFETIME

    async def due() -> list[Claim]:
        return await vault.read(
            "verification.overdue", lambda one: store.overdue(one, opened_before=before, limit=limit)
        )

    async def end(_vault: Vault, _by: Actor, _now: ClockReading, claim: Claim) -> bool:
        return await registry_check.time_out(vault, claim, now, context=context) is not None

    return await sweep(vault, now, due=due, each=end)


@act("verification.purge")
async def forget(tx: Tx) -> int:
    """Delete attempts that no longer count, and old requests, also of roster members; return how many."""
    before = tx.now.business - REQUEST_LIFETIME
    await store.forget(tx.connection, now=tx.now.business)
    count = await account_request.forget(tx.connection, before=before)
    count += await person_request.forget(tx.connection, before=before)
    if count:
        await tx.log(EventType.REQUEST_PURGE, before=before.isoformat(), count=count)
    else:
        tx.unchanged("no request is old")
    return count


async def purge_requests(vault: Vault, now: ClockReading) -> int:
    """Delete requests after 7 days; return how many. Raises UnavailableError."""
    await vault.guard.check(now=now)
    return await forget(vault, SYSTEM, now)
