"""Forgets what is no longer needed of claims: their requests after seven days, attempts after one."""

from idvault.claim.rules import REQUEST_LIFETIME
from idvault.claim.store import rows
from idvault.core import account_request, person_request
from idvault.core.act import SYSTEM, Tx, Vault, act
from idvault.verify.clock import ClockReading
from idvault.verify.event import EventType


@act("verification.purge")
async def purge(tx: Tx) -> int:
    """Delete attempts that no longer count, and old requests, also of roster members; return how many."""
    before = tx.now.business - REQUEST_LIFETIME
    await rows.forget(tx.connection, now=tx.now.business)
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
    return await purge(vault, SYSTEM, now)
