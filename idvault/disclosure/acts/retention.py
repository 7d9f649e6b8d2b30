"""Periodic work on disclosures: expires them, destroys shares, and logs what has no entry yet.

A disclosure of before releases were logged has no log entry. Its entry has the time of the M-th approval, so
that the person's history lists it by the same horizon as the others.
"""

from collections.abc import Callable

from idvault.core.act import SYSTEM, Tx, Vault, act
from idvault.disclosure import rules
from idvault.disclosure.acts import refusal
from idvault.disclosure.store import lists, rows, store
from idvault.verify.clock import ClockReading
from idvault.verify.event import EventType


@act("disclosure.expire")
async def expire(tx: Tx, disclosure_id: str) -> bool:
    """Expire a disclosure if its time is over; destroy its shares and its version if nobody needs them.

    Returns False if it was over before.
    """
    filed = await rows.lock(tx.connection, disclosure_id=disclosure_id)
    expired = rules.expire(disclosure=filed.disclosure, now=tx.now.business)
    if not rules.needs_shares(disclosure=expired, now=tx.now.business):
        await rows.end(tx.connection, expired, now=tx.now.business)
    if expired == filed.disclosure:
        tx.unchanged("only an expiry has an entry")
        return False
    await rows.put(tx.connection, expired)
    await tx.log(
        EventType.DISCLOSURE_EXPIRE, account_token=expired.account_token, disclosure_id=disclosure_id
    )
    return True


@act("disclosure.disclose")
async def disclose(tx: Tx, disclosure_id: str) -> bool:
    """Log a disclosure that was made before releases were logged, once, at its own time."""
    made = (await rows.lock(tx.connection, disclosure_id=disclosure_id)).disclosure
    if made.disclosed_at is None or await rows.is_logged(tx.connection, disclosure_id=disclosure_id):
        tx.unchanged("there is nothing to log, or it is logged")
        return False
    digest = await store.digest(tx.connection, made)
    # Only the custody edge can read the legal basis, which is part of the sealed request.
    event = await tx.log(
        EventType.DISCLOSURE_DISCLOSE,
        account_token=made.account_token,
        disclosure_id=disclosure_id,
        auditor_actor_id=made.auditor_actor_id,
        record_digest=digest,
        legal_basis="",
    )
    await rows.disclose(tx.connection, made, record_digest=digest, legal_basis="", entry_id=event.entry_id)
    return True


async def sweep(vault: Vault, now: ClockReading, *, limit: int, observe: Callable[[str], None]) -> int:
    """Log, expire and destroy what is due; return how many disclosures were due. observe: counts verbs.

    Safe to run at any time in any number of processes, and while the log takes no entries.
    """
    missing = await vault.read(
        "disclosure.unlogged", lambda one: lists.unlogged(one, now=now.business, limit=limit)
    )
    for each in missing:
        at = ClockReading(each.disclosed_at or now.business, now.real)
        if await disclose(vault, SYSTEM, at, each.disclosure_id):
            observe("disclose")
    due = await vault.read("disclosure.due", lambda one: lists.due(one, now=now.business, limit=limit))
    for each in due:
        if await expire(vault, SYSTEM, now, each.disclosure_id):
            observe("expire")
    await refusal.flush_all(vault, now)
    return len(missing) + len(due)
