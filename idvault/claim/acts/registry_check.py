"""Checks one claim at a registry and stores the outcome; the edge and the worker both use it.

A call of the registry is no part of an act, nor is sealing: each act ends before it, and the next one finds
the claim as it is by then.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo

from idvault.account import rules as account_rules
from idvault.claim import rules
from idvault.claim.acts.claim import Settlement, settle
from idvault.claim.job import rules as job_rules
from idvault.claim.job import store as job_store
from idvault.claim.job.rules import JobProgress, JobState, RegistryCall, Step
from idvault.claim.job.store import Job
from idvault.claim.rules import Claim, Owner
from idvault.core.act import SYSTEM, Tx, Vault, act
from idvault.core.policy import OperatorPolicy
from idvault.registry.ports import CallTurn, CappedRegistry, Reserved
from idvault.sealing.ports import Intake, IntakeSealer, PersonKey, RecordSealer, WaitingIdentity
from idvault_verify.account import Assurance, SubjectKind
from idvault_verify.attest.review import SealedReview
from idvault_verify.claim import AnyIdentity, FailureReason, Identity
from idvault_verify.clock import ClockReading
from idvault_verify.document import Document
from idvault_verify.event import EventType
from idvault_verify.registry import CHARGED, RegistryAnswer

LEASE = timedelta(seconds=15)  # longer than the 10 s after which a lost check may be queried
HOLD = timedelta(seconds=1)
_LEAST_PATIENCE = 0.05


@dataclass(kw_only=True, eq=False, repr=False)
class SettlementContext:
    """What is needed beside the vault, and which registry has just not been reached.

    withheld: answer for claims that are not sent. on_settled: called for each claim that this process
    settles. on_charged: called with the platform of each check that the registry decided, and so charges.
    """

    registries: Mapping[SubjectKind, CappedRegistry]
    withheld: Mapping[SubjectKind, CappedRegistry]
    record_sealer: RecordSealer
    intake_sealer: IntakeSealer
    policy: OperatorPolicy
    on_settled: Callable[[Claim], None]
    on_charged: Callable[[str], None] = field(default=lambda _party: None)
    _unsent_at: dict[SubjectKind, datetime] = field(default_factory=dict, init=False)

    def is_held(self, kind: SubjectKind, *, now: datetime) -> bool:
        """Return whether the last call to the registry of a kind of subject, within a second, was not sent.

        There was no connection, or no slot.
        """
        unsent_at = self._unsent_at.get(kind)
        return unsent_at is not None and unsent_at <= now < unsent_at + HOLD

    def heed(self, job: Job, answer: RegistryAnswer, *, now: datetime) -> RegistryAnswer:
        """Note whether a call was sent; return the answer."""
        if not job.withheld:
            if answer in (RegistryAnswer.NOT_SENT, RegistryAnswer.NO_TURN):
                self._unsent_at[job.subject_kind] = now
            else:
                self._unsent_at.pop(job.subject_kind, None)
            self.charge(job.relying_party, answer)
        return answer

    def charge(self, relying_party: str, answer: RegistryAnswer) -> None:
        """Count a check of a platform, once the registry has decided it."""
        if answer in CHARGED:
            self.on_charged(relying_party)

    def turn(self, kind: SubjectKind, *, patience: float) -> CallTurn | None:
        """Return the turn that a new claim's check needs, None if it needs none or would not be sent."""
        return self.registries[kind].turn(patience=patience)


async def check(
    vault: Vault,
    job: Job,
    identity: Identity,
    now: ClockReading,
    *,
    patience: float,
    context: SettlementContext,
    reserved: Reserved | None = None,
    guarded: bool = False,
) -> Claim | None:
    """Call the registry within `patience` seconds; settle on a deciding answer, else let the claim wait.

    reserved: the result of the turn of the first check, if there was one. guarded: whether an adult was
    confirmed in the session of a child. The claim that is returned tells what the stored one does not: that
    an adult was missing.
    Returns None if the claim still waits or another process ended it. Raises UnavailableError; the lease
    then ends, and the process that leases the job next asks for the result of the check.
    """
    loop = asyncio.get_running_loop()
    begun, asked_at = loop.time(), now
    end = begun + patience
    while True:
        left = end - loop.time()
        step = await _ask(vault, job, identity, asked_at, patience=left, context=context, reserved=reserved)
        reserved = None
        if step is None:
            return None
        if step.final is not None:
            told = replace(_MATCHED, answer=step.final)
            return await _conclude(vault, job, identity, now, proven=told, context=context, guarded=guarded)
        other_spelling = step.progress.check_index > job.progress.check_index
        job = replace(job, progress=step.progress)
        # The second call is made later than the first, so its earliest query moves by the same time.
        asked_at = now.later(loop.time() - begun)
        goes_on = other_spelling or job_rules.is_due(progress=job.progress, now=asked_at.real)
        if not goes_on or end - loop.time() < _LEAST_PATIENCE:
            await _wait(vault, job, identity, now, context=context, guarded=guarded)
            return None


@dataclass(frozen=True, slots=True)
class Proven:
    """What a provider has said of a claim's identity, or reviewers.

    assertion: as it signed it, to be sealed. former: the number that the same person had before. review: what
    reviewers signed, to be sealed.
    """

    answer: RegistryAnswer
    fact: Assurance
    assertion: str = field(repr=False)
    former: Document | None = field(default=None, repr=False)
    review: SealedReview | None = None


_MATCHED = Proven(RegistryAnswer.MATCH, Assurance.REGISTRY_MATCH, "")


async def conclude_proven(
    vault: Vault,
    job: Job,
    identity: AnyIdentity,
    now: ClockReading,
    *,
    proven: Proven,
    context: SettlementContext,
    guarded: bool = False,
    former: PersonKey | None = None,
    upgrade: bool = False,
) -> Claim | None:
    """Settle a claim on what a provider has said; no registry is asked. Returns None if it has ended.

    guarded: as for `check`. former: whom the platform knows under the number that the person had before.
    upgrade: as in claim.acts.claim.Settlement.
    """
    return await _conclude(
        vault,
        job,
        identity,
        now,
        proven=proven,
        context=context,
        guarded=guarded,
        former=former,
        upgrade=upgrade,
    )


async def queue(
    vault: Vault,
    job: Job,
    identity: Identity,
    now: ClockReading,
    *,
    context: SettlementContext,
    guarded: bool = False,
) -> None:
    """Queue a new claim without a check; raises UnavailableError. guarded: as for `check`."""
    job = replace(job, progress=job_rules.queued(progress=job.progress, now=now.real))
    await _wait(vault, job, identity, now, context=context, guarded=guarded)


async def deposit(
    vault: Vault,
    claim: Claim,
    identity: Identity,
    now: ClockReading,
    *,
    relying_party: str,
    context: SettlementContext,
    guarded: bool = False,
) -> None:
    """Store the intake of a claim whose job another process holds, in case that process dies.

    guarded: as for `check`. Raises UnavailableError.
    """
    token, claim_id = claim.account.account_token, claim.claim_id
    whose = {"relying_party": relying_party, "account_token": token, "claim_id": claim_id}
    intake = await _sealed(context, identity, now, guarded=guarded, **whose)
    await store_deposit(vault, SYSTEM, now, token, claim_id, intake)


async def time_out(
    vault: Vault, claim: Claim, now: ClockReading, *, context: SettlementContext
) -> Claim | None:
    """End a claim after 48 hours, whichever process holds its lease; None if it has ended meanwhile."""
    account = claim.account
    owner = Owner(account.subject_kind)
    ending = Settlement(account.account_token, claim.claim_id, rules.TIMED_OUT, owner, context.policy)
    return await _end(vault, ending, now, context=context)


async def _ask(
    vault: Vault,
    job: Job,
    identity: Identity,
    now: ClockReading,
    *,
    patience: float,
    context: SettlementContext,
    reserved: Reserved | None,
) -> Step | None:
    """Return the step after the registry's answer; None if the lease was lost before a check was sent."""
    progress = job.progress
    if progress.state is not JobState.SENDING and progress.next_at > now.real:
        return Step(progress)
    registries = context.withheld if job.withheld else context.registries
    ai, registry = job.ais[progress.check_index], registries[identity.subject_kind]
    if job_rules.next_call(progress=progress, can_query=registry.can_query) is RegistryCall.QUERY:
        answer = context.heed(job, await registry.query(ai=ai, patience=patience), now=now.real)
        return job_rules.after_query(progress=progress, answer=answer, spellings=len(job.ais), now=now.real)
    sending = job_rules.send(progress=progress, now=now.real)
    if sending != progress and not await advance(vault, SYSTEM, now, job, sending, keep_lease=True):
        return None
    spelled = spelling(identity, progress.check_index)
    told = await registry.check(ai=ai, identity=spelled, patience=patience, reserved=reserved)
    return job_rules.after_check(
        progress=sending,
        answer=context.heed(job, told, now=now.real),
        spellings=len(job.ais),
        can_query=registry.can_query,
        now=now.real,
        midnight=_next_midnight(now.real, context.policy.zone),
    )


def spelling(identity: Identity, index: int) -> Identity:
    """Return an identity as a registry is asked about it. index: 1 for the other spelling of the names."""
    return (rules.alternative_spelling(identity=identity) if index else None) or identity


def _next_midnight(now: datetime, zone: tzinfo) -> datetime:
    local = now.astimezone(zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return midnight.astimezone(now.tzinfo)


async def _conclude(
    vault: Vault,
    job: Job,
    identity: AnyIdentity,
    now: ClockReading,
    *,
    proven: Proven,
    context: SettlementContext,
    guarded: bool,
    former: PersonKey | None = None,
    upgrade: bool = False,
) -> Claim | None:
    outcome = rules.decide(answer=proven.answer, kind=identity.subject_kind)
    owner, today = rules.owner(identity=identity), now.today(context.policy.zone)
    if rules.lacks_guardian(outcome=outcome, identity=identity, guarded=guarded, today=today):
        return await _refuse_child(vault, job, owner, now, context=context)
    ending = Settlement(
        job.account_token,
        job.claim_id,
        outcome,
        owner,
        context.policy,
        lease_id=job.lease.lease_id,
        proved=proven.fact,
        former=former,
        upgrade=upgrade,
    )
    if outcome.succeeded:
        # Sealed before it is known whether the claim is confirmed: the act that confirms it makes no calls.
        record = await context.record_sealer.seal(
            relying_party=job.relying_party,
            account_token=job.account_token,
            identity=identity,
            answer=proven.answer,
            consent=job.consent,
            assertion=proven.assertion,
            review=proven.review,
        )
        delay = account_rules.delay(vault.events.entropy.random(account_rules.DELAY_SEED_SIZE))
        ending = replace(ending, record=record, delay=delay)
    return await _end(vault, ending, now, context=context)


async def _refuse_child(
    vault: Vault, job: Job, owner: Owner, now: ClockReading, *, context: SettlementContext
) -> Claim | None:
    """End the claim of a child without an adult as a mismatch; only what is returned tells the reason."""
    outcome = rules.decide(answer=RegistryAnswer.MISMATCH, kind=owner.subject_kind)
    ending = Settlement(
        job.account_token, job.claim_id, outcome, owner, context.policy, lease_id=job.lease.lease_id
    )
    ended = await _end(vault, ending, now, context=context)
    return ended and replace(ended, failure_reason=FailureReason.GUARDIAN_REQUIRED)


async def _end(
    vault: Vault, ending: Settlement, now: ClockReading, *, context: SettlementContext
) -> Claim | None:
    claim = await settle(vault, SYSTEM, now, ending)
    if claim is not None:
        context.on_settled(claim)
    return claim


async def _wait(
    vault: Vault,
    job: Job,
    identity: Identity,
    now: ClockReading,
    *,
    context: SettlementContext,
    guarded: bool,
) -> None:
    """Store what a later try needs, and give up the lease."""
    if job.intake is not None:
        await advance(vault, SYSTEM, now, job, job.progress, keep_lease=False)
        return
    intake = await _sealed(
        context,
        identity,
        now,
        guarded=guarded,
        relying_party=job.relying_party,
        account_token=job.account_token,
        claim_id=job.claim_id,
    )
    await postpone(vault, SYSTEM, now, job, intake, job.progress)


async def _sealed(
    context: SettlementContext, identity: Identity, now: ClockReading, *, guarded: bool, **claim: str
) -> Intake:
    waiting, day = WaitingIdentity(identity, guarded), now.real.date().isoformat()
    return await context.intake_sealer.seal(waiting=waiting, day=day, **claim)


@act("job.advance")
async def advance(tx: Tx, job: Job, progress: JobProgress, *, keep_lease: bool) -> bool:
    """Store progress and keep or give up the lease; return False if the lease is no longer held."""
    tx.unchanged("progress decides nothing about a claim")
    lease = job.lease if keep_lease else None
    return await job_store.put(tx.connection, job, progress=progress, lease=lease)


@act("verification.postpone")
async def postpone(tx: Tx, job: Job, intake: Intake, progress: JobProgress) -> bool:
    """Queue a claim with its intake, and give up the lease; return False if it is no longer held.

    A repeat after a lost answer returns False, because the lease is gone; the claim is already waiting.
    """
    if not await job_store.wait(tx.connection, job, progress=progress, lease=None, fresh=True):
        tx.unchanged("the lease is lost")
        return False
    token, claim_id = job.account_token, job.claim_id
    await job_store.put_intake(tx.connection, intake, account_token=token, claim_id=claim_id)
    await tx.log(EventType.CLAIM_POSTPONE, account_token=token, claim_id=claim_id)
    return True


@act("verification.deposit")
async def store_deposit(tx: Tx, account_token: str, claim_id: str, intake: Intake) -> bool:
    """Store the intake of a claim that has none; return False if the job is DONE or has one.

    Whoever holds the job keeps its lease; when that ends, a worker can lease the job.
    """
    key = {"account_token": account_token, "claim_id": claim_id}
    if not await job_store.make_due(tx.connection, **key):
        tx.unchanged("the claim has ended, or waits already")
        return False
    await job_store.put_intake(tx.connection, intake, **key)
    await tx.log(EventType.CLAIM_POSTPONE, account_token=account_token, claim_id=claim_id)
    return True
