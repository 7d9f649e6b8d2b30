"""Periodic work on disclosures: expires them, destroys shares, and logs refusals that were only counted."""

from collections.abc import Callable

from idvault.core.act import SYSTEM, Tx, Vault, act
from idvault.disclosure import rules
from idvault.disclosure.acts import refusal
from idvault.disclosure.store import lists, rows
from idvault_verify.clock import ClockReading
from idvault_verify.event import EventType


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


async def sweep(vault: Vault, now: ClockReading, *, limit: int, observe: Callable[[str], None]) -> int:
    """Expire and destroy what is due, and log counted refusals; return how many disclosures were due.

    observe: counts verbs. Safe to run at any time in any number of processes, also while the log takes no
    entries.
    """
    due = await vault.read("disclosure.due", lambda one: lists.due(one, now=now.business, limit=limit))
    for each in due:
        if await expire(vault, SYSTEM, now, each.disclosure_id):
            observe("expire")
    await refusal.flush_all(vault, now)
    return len(due)
