"""Acts `settle` and `postpone`, step by step; rows are locked as in `opening`."""

from sqlalchemy import select, update

from idvault.domain import verification
from idvault.domain.event import Event
from idvault.domain.job import JobState, Progress
from idvault.domain.status import Account
from idvault.domain.verification import Slot
from idvault.ports.verification import Claim, Intake, Job, Settlement
from idvault.storage.account import record
from idvault.storage.account import rows as account
from idvault.storage.base.connection import Connection
from idvault.storage.base.locking import for_change
from idvault.storage.campaign import invitation_rows as invitation_row
from idvault.storage.campaign import legacy_account
from idvault.storage.claim import job_rows as task
from idvault.storage.claim import person, receipt
from idvault.storage.claim import rows as claim
from idvault.storage.claim.rows import OpenClaim
from idvault.storage.claim.tables import intakes, jobs
from idvault.storage.dialect import insert, insert_if_absent
from idvault.storage.log import entry as log


async def postpone(
    connection: Connection, job: Job, *, intake: Intake, progress: Progress, event: Event
) -> bool:
    """Let a claim wait, if the job is still held under its lease."""
    held = await connection.execute(
        update(jobs).where(task.is_held(job)).values(**task.values(progress, None, waits=True, fresh=True))
    )
    if held.rowcount != 1:
        return False
    values = {"day": intake.day, "ciphertext": intake.ciphertext}
    await connection.execute(
        insert(connection, intakes)
        .values(account_token=job.account_token, claim_id=job.claim_id, **values)
        .on_conflict_do_update(index_elements=list(intakes.primary_key), set_=values)
    )
    await log.append(connection, event.with_fields(claim_id=job.claim_id))
    return True


async def deposit(connection: Connection, key: task.Key, intake: Intake, *, event: Event) -> bool:
    """Store the intake of a claim that has none, whoever holds its job."""
    account_token, claim_id = key
    is_open = task.is_job(*key) & (jobs.c.state != JobState.DONE.value)
    job = (await connection.execute(for_change(select(jobs).where(is_open)))).first()
    if job is None or not await insert_if_absent(
        connection,
        intakes,
        account_token=account_token,
        claim_id=claim_id,
        day=intake.day,
        ciphertext=intake.ciphertext,
    ):
        return False
    due_at = max(job.next_at, job.leased_until or job.next_at)
    await connection.execute(update(jobs).where(task.is_job(*key)).values(due_at=due_at))
    await log.append(connection, event.with_fields(claim_id=claim_id))
    return True


async def settle(connection: Connection, settlement: Settlement, *, event: Event) -> Claim | None:
    """End a claim, if it is this call's to end."""
    owner = await account.lock(connection, account_token=settlement.account_token)
    if owner is None or not await _is_held(connection, settlement):
        return None
    ended = await claim.pending(
        connection, account_token=settlement.account_token, claim_id=settlement.claim_id
    )
    if ended is None:
        return None
    concluded = verification.conclude(
        account=owner,
        outcome=settlement.outcome,
        person_id=ended.person_id,
        owner=settlement.owner,
        today=settlement.today,
        valid_days=settlement.valid_days,
    )
    now = settlement.now.business
    concluded = await _encouraged(connection, settlement, owner, concluded)
    await _clear(connection, settlement, ended)
    await account.put(connection, concluded, claim_ended_at=now)
    await claim.end(
        connection,
        account_token=settlement.account_token,
        claim_id=settlement.claim_id,
        outcome=settlement.outcome,
        now=now,
    )
    logged = _with_outcome(event, settlement)
    await log.append(connection, logged)
    outcome = settlement.outcome
    return Claim(
        ended.request_id,
        ended.claim_id,
        outcome.state,
        outcome.failure_reason,
        concluded,
        receipt=await receipt.put(connection, settlement, logged),
    )


async def _encouraged(
    connection: Connection, settlement: Settlement, owner: Account, concluded: Account
) -> Account:
    """Tell a legacy account's invitations how its claim ended; return it without a campaign's limit."""
    succeeded = settlement.outcome.succeeded
    await invitation_row.conclude(connection, owner, succeeded=succeeded, today=settlement.today)
    return await legacy_account.verified(connection, owner, concluded) if succeeded else concluded


async def _is_held(connection: Connection, settlement: Settlement) -> bool:
    """Lock the job's row; tell whether the settlement may end it."""
    mine = task.is_job(settlement.account_token, settlement.claim_id) & (jobs.c.state != JobState.DONE.value)
    if settlement.lease_id is not None:
        mine &= jobs.c.lease_id == settlement.lease_id
    return (await connection.execute(for_change(select(jobs.c.claim_id).where(mine)))).first() is not None


async def _clear(connection: Connection, settlement: Settlement, ended: OpenClaim) -> None:
    """Store the record of a success, or take back what a failure held; end the job."""
    if settlement.record is not None:
        await record.put(connection, settlement.record)
    elif ended.slot is Slot.TAKEN:
        await person.free_slot(connection, relying_party=ended.relying_party, person_id=ended.person_id)
    if settlement.definite_mismatch:
        await _count_mismatch(connection, settlement, ended)
    await task.finish(connection, account_token=settlement.account_token, claim_id=settlement.claim_id)


async def _count_mismatch(connection: Connection, settlement: Settlement, ended: OpenClaim) -> None:
    found = await connection.execute(
        select(jobs.c.limiter_key).where(task.is_job(settlement.account_token, settlement.claim_id))
    )
    await person.count_mismatch(
        connection,
        relying_party=ended.relying_party,
        limiter_key=found.scalar_one(),
        claim_id=ended.claim_id,
        now=settlement.now.business,
    )


def _with_outcome(event: Event, settlement: Settlement) -> Event:
    reason = settlement.outcome.failure_reason
    return event.with_fields(
        claim_id=settlement.claim_id,
        state=settlement.outcome.state.value,
        failure_reason="" if reason is None else reason.value,
        record_digest=b"" if settlement.record is None else settlement.record.digest(),
    )
