"""What time alone does to claims: they end after 48 hours, and their requests and attempts are forgotten."""

from idvault.claim import store
from idvault.claim.acts import settlement
from idvault.claim.acts.settlement import SettlementContext
from idvault.claim.rules import CLAIM_LIFETIME, REQUEST_LIFETIME, Claim
from idvault.core import account_request, person_request
from idvault.core.act import SYSTEM, Actor, Tx, Vault, act, sweep
from idvault_verify.clock import ClockReading
from idvault_verify.event import EventType


async def time_out(vault: Vault, now: ClockReading, *, limit: int, context: SettlementContext) -> int:
    """End the claims that have had no answer for 48 hours; return how many. Raises UnavailableError."""
    before = now.business - CLAIM_LIFETIME

    async def due() -> list[Claim]:
        return await vault.read(
            "verification.overdue", lambda one: store.overdue(one, opened_before=before, limit=limit)
        )

    async def end(_vault: Vault, _by: Actor, _now: ClockReading, claim: Claim) -> bool:
        return await settlement.time_out(vault, claim, now, context=context) is not None

    return await sweep(vault, now, due=due, each=end)


@act("verification.purge")
async def purge(tx: Tx) -> int:
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
    return await purge(vault, SYSTEM, now)
