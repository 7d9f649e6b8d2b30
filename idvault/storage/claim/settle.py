"""Act `settle`, step by step; rows are locked as in `open`."""

from datetime import datetime

from idvault.domain import claim
from idvault.domain.account import Account
from idvault.domain.claim import Slot
from idvault.domain.event import Event
from idvault.ports.claim import Claim, Settlement
from idvault.storage.account import record
from idvault.storage.account import rows as account
from idvault.storage.base.connection import Connection
from idvault.storage.base.locking import for_change
from idvault.storage.base.statement import param, statement
from idvault.storage.campaign import invitation_rows, legacy_account
from idvault.storage.claim import job_rows, person, receipt, rows
from idvault.storage.claim.rows import OpenClaim
from idvault.storage.claim.tables import jobs
from idvault.storage.log import entry as log

_LOCK = statement(for_change(rows.OPEN_CLAIMS.where(job_rows.IS_OPEN), of=jobs), rows.open_from_row)
_LOCK_HELD = statement(
    for_change(rows.OPEN_CLAIMS.where(job_rows.IS_OPEN, jobs.c.lease_id == param("held")), of=jobs),
    rows.open_from_row,
)


async def settle(connection: Connection, settlement: Settlement, *, event: Event) -> Claim | None:
    """End a claim, if it is this call's to end."""
    owner = await account.lock(connection, account_token=settlement.account_token)
    ended = None if owner is None else await _lock(connection, settlement)
    if owner is None or ended is None:
        return None
    concluded = await _conclude(connection, settlement, owner, ended)
    record_digest = b"" if settlement.record is None else settlement.record.digest()
    logged = _with_outcome(event, settlement, record_digest)
    await log.append(connection, logged)
    outcome = settlement.outcome
    return Claim(
        ended.request_id,
        ended.claim_id,
        outcome.state,
        outcome.failure_reason,
        concluded,
        receipt=await receipt.put(connection, settlement, logged, record_digest=record_digest),
    )


async def _lock(connection: Connection, settlement: Settlement) -> OpenClaim | None:
    """Lock the job; return its claim if the settlement may end it."""
    key = {"token": settlement.account_token, "claim_id": settlement.claim_id}
    if settlement.lease_id is None:
        return await connection.one(_LOCK, **key)
    return await connection.one(_LOCK_HELD, **key, held=settlement.lease_id)


async def _conclude(
    connection: Connection, settlement: Settlement, owner: Account, ended: OpenClaim
) -> Account:
    """Store what becomes of the account, its claim and its job; return the account."""
    now: datetime = settlement.now.business
    concluded = claim.conclude(
        account=owner,
        outcome=settlement.outcome,
        person_id=ended.person_id,
        owner=settlement.owner,
        today=settlement.today,
        valid_days=settlement.valid_days,
    )
    concluded = await _encouraged(connection, settlement, owner, concluded)
    await _clear(connection, settlement, ended)
    await account.put(connection, concluded, claim_ended_at=now)
    await rows.end(
        connection,
        account_token=settlement.account_token,
        claim_id=settlement.claim_id,
        outcome=settlement.outcome,
        now=now,
    )
    return concluded


async def _encouraged(
    connection: Connection, settlement: Settlement, owner: Account, concluded: Account
) -> Account:
    """Tell a legacy account's invitations how its claim ended; return it without a campaign's limit."""
    succeeded = settlement.outcome.succeeded
    await invitation_rows.conclude(connection, owner, succeeded=succeeded, today=settlement.today)
    return await legacy_account.verified(connection, owner, concluded) if succeeded else concluded


async def _clear(connection: Connection, settlement: Settlement, ended: OpenClaim) -> None:
    """Store the record of a success, or take back what a failure held; end the job."""
    if settlement.record is not None:
        await record.put(connection, settlement.record)
    elif ended.slot is Slot.TAKEN:
        await person.free_slot(connection, relying_party=ended.relying_party, person_id=ended.person_id)
    if settlement.definite_mismatch:
        await person.count_mismatch(
            connection,
            relying_party=ended.relying_party,
            limiter_key=ended.limiter_key,
            claim_id=ended.claim_id,
            now=settlement.now.business,
        )
    await job_rows.finish(
        connection,
        account_token=settlement.account_token,
        claim_id=settlement.claim_id,
        has_intake=ended.has_intake,
    )


def _with_outcome(event: Event, settlement: Settlement, record_digest: bytes) -> Event:
    reason = settlement.outcome.failure_reason
    return event.with_fields(
        claim_id=settlement.claim_id,
        state=settlement.outcome.state.value,
        failure_reason="" if reason is None else reason.value,
        record_digest=record_digest,
    )
