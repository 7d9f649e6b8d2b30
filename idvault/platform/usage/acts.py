"""Stores what processes have counted, counts what is stored, and reads both."""

from collections.abc import Mapping
from itertools import groupby

from idvault.core.act import SYSTEM, Tx, Vault, act
from idvault.core.usage import Key, UsageBatch, UsageCounts
from idvault.platform.usage import rules, store
from idvault.platform.usage.rules import MonthlyUsage
from idvault_verify.clock import ClockReading

_WHY = "numbers alone"


async def flush(vault: Vault, now: ClockReading, counts: UsageCounts) -> None:
    """Store what was counted, once, whatever becomes of the answer; raises UnavailableError."""
    if counts.batch is not None:
        await _store(vault, now, counts)
    await _store(vault, now, counts)


async def _store(vault: Vault, now: ClockReading, counts: UsageCounts) -> None:
    batch = counts.take(vault.new_id)
    if batch is not None:
        await add(vault, SYSTEM, now, batch)
        counts.stored()


@act("usage.add")
async def add(tx: Tx, batch: UsageBatch) -> None:
    """Add a batch to the stored numbers, unless it is in them."""
    tx.unchanged(_WHY)
    await store.add(tx.connection, batch)


async def count_stored(vault: Vault, now: ClockReading, *, month: str) -> None:
    """Store how many accounts and records each platform has, as a month's, unless this hour has it."""
    hour = rules.hour_of(now.real)
    if await vault.read("usage.counted", lambda one: store.counted(one, month)) >= hour:
        return
    found = await vault.read("usage.held", store.held)
    numbers = {(party, month, what): number for what, of in found.items() for party, number in of.items()}
    await put(vault, SYSTEM, now, month, numbers, hour=hour)


@act("usage.put")
async def put(tx: Tx, month: str, numbers: Mapping[Key, int], *, hour: int) -> None:
    """Replace what is stored of a month; a platform without a number has nothing any more."""
    tx.unchanged(_WHY)
    await store.put(tx.connection, month, numbers, hour=hour)
    await store.forget_batches(tx.connection, before=rules.month_before(month))


async def of_month(vault: Vault, month: str) -> list[MonthlyUsage]:
    """Return every platform's month; raises InvalidError."""
    rules.check_month(month)
    rows = await vault.read("usage.month", lambda one: store.of_month(one, month))
    return [
        rules.usage(relying_party=party, month=month, counts=[(what, number) for _, what, number in found])
        for party, found in groupby(rows, key=lambda row: row[0])
    ]


async def of_party(vault: Vault, party: str, month: str) -> MonthlyUsage:
    """Return a platform's month; raises InvalidError."""
    rules.check_month(month)
    rows = await vault.read("usage.party", lambda one: store.of_party(one, party, month))
    return rules.usage(relying_party=party, month=month, counts=rows)
