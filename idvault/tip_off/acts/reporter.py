"""Sets and lists the standings of reporters; what the worker does for reports.

It writes reminders, deletes texts and sets gauges. Any number of workers may do so at any time.
"""

from datetime import date, datetime, timedelta
from functools import partial

from idvault.core.act import SYSTEM, Tx, Vault, act, mutation, sweep
from idvault.core.db.deadline import PlatformDeadlines
from idvault.core.policy import TipOffPolicy
from idvault.tip_off import rules
from idvault.tip_off.acts.case import TipOffCall, log, signed, write
from idvault.tip_off.flood import store as flood_store
from idvault.tip_off.referral import store as referral_store
from idvault.tip_off.reporter import rules as reporter_rules
from idvault.tip_off.reporter import store as reporter_store
from idvault.tip_off.reporter.rules import Reporter
from idvault.tip_off.store import lists
from idvault.tip_off.store import rows as tip_off_rows
from idvault_verify.clock import ClockReading
from idvault_verify.event import EventType
from idvault_verify.tip_off import ReporterStanding, TipOff, TipOffState


async def set_standing(
    vault: Vault,
    call: TipOffCall,
    now: ClockReading,
    reporter_id: str,
    *,
    standing: ReporterStanding,
    limited_until: datetime | None,
) -> Reporter:
    """Set a reporter's standing; raises InvalidError, NotFoundError (REPORTER_NOT_FOUND) and others."""
    await vault.guard.check(now=now)
    paper, request = await signed(vault, call, now=now), call.request(vault.fingerprinter)
    changed = await _set_standing.run(vault, call, now, request, reporter_id, paper, standing, limited_until)
    return reporter_rules.as_of(changed, now=now.business)


@mutation("reporter.set_standing", again=reporter_store.lock_known)
async def _set_standing(
    tx: Tx, reporter_id: str, paper: bytes, standing: ReporterStanding, limited_until: datetime | None
) -> Reporter:
    found = await reporter_store.lock_known(tx.connection, tx.party, reporter_id)
    changed = reporter_rules.set_standing(
        found, standing=standing, limited_until=limited_until, now=tx.now.business
    )
    await reporter_store.put(tx.connection, changed)
    fields = {"reporter_id": reporter_id, "standing": standing.value}
    await log(tx, EventType.REPORTER_SET, paper=paper, **fields)
    return changed


async def page(
    vault: Vault,
    party: str,
    *,
    standing: ReporterStanding | None,
    reporter_id: str | None,
    after: str,
    limit: int,
    now: ClockReading,
) -> tuple[list[Reporter], str]:
    """Return a page of reporters as of now, and the last one's id if there are more, else ""."""
    found = await vault.read(
        "reporter.list",
        lambda one: reporter_store.page(
            one, party, standing=standing, reporter_id=reporter_id, after=after, limit=limit + 1
        ),
    )
    page = [reporter_rules.as_of(one, now=now.business) for one in found[:limit]]
    return page, page[-1].reporter_id if len(found) > limit else ""


async def remind_all(vault: Vault, now: ClockReading, *, limit: int) -> int:
    """Write the reminders that are due; return for how many reports."""
    return await sweep(
        vault,
        now,
        due=lambda: vault.read("tip_off.due", lambda one: lists.due(one, now=now.business, limit=limit)),
        each=remind,
    )


@act("tip_off.remind")
async def remind(tx: Tx, tip_off: TipOff) -> bool:
    """Write the reminders of a report that are due; False if another worker has."""
    stored = await tip_off_rows.lock(tx.connection, tip_off.relying_party, tip_off.tip_off_id)
    if await write(tx, stored) == stored:
        tx.unchanged("another worker was faster")
        return False
    return True


async def delete_all_texts(vault: Vault, now: ClockReading, *, policy: TipOffPolicy, limit: int) -> int:
    """Delete the texts of reports that were closed long enough ago; return of how many."""
    before = now.business - timedelta(days=rules.TEXT_DAYS)
    return await sweep(
        vault,
        now,
        due=lambda: vault.read(
            "tip_off.kept_too_long", lambda one: lists.kept_too_long(one, before=before, limit=limit)
        ),
        each=delete_texts,
    )


@act("tip_off.delete_texts")
async def delete_texts(tx: Tx, tip_off: TipOff) -> bool:
    """Delete every text of a closed report, and who reported; False if another worker has."""
    stored = await tip_off_rows.lock(tx.connection, tip_off.relying_party, tip_off.tip_off_id)
    if stored.deleted_at is not None:
        tx.unchanged("another worker was faster")
        return False
    await tip_off_rows.delete_all(tx.connection, stored)
    if stored.referral_id is not None:
        await referral_store.forget(tx.connection, stored)
    await write(tx, stored, partial(rules.delete_texts, now=tx.now.business))
    return True


async def purge(vault: Vault, now: ClockReading, *, policy: TipOffPolicy) -> int:
    """Delete old counts of tries and forms, and ordinary reporters who have not reported for as long."""
    await vault.guard.check(now=now)
    today = now.today(policy.zone)
    return await _purge(vault, SYSTEM, now, today - timedelta(days=rules.TEXT_DAYS), today)


@act("tip_off.purge")
async def _purge(tx: Tx, before: date, today: date) -> int:
    """Delete what is of a day before one, and the days of forms that no limit of today or later counts."""
    count = await tip_off_rows.forget(tx.connection, before=before)
    count += await reporter_store.forget(tx.connection, before=before)
    count += await flood_store.forget(tx.connection, today=today)
    if count:
        await log(tx, EventType.TIP_OFF_PURGE, before=before.isoformat(), count=count)
    else:
        tx.unchanged("nothing was old enough")
    return count


async def levels(vault: Vault, *, now: ClockReading) -> tuple[dict[TipOffState, int], int]:
    """Return how many reports are in each open state, and how many are overdue."""
    return await vault.read("tip_off.counts", lambda one: lists.levels(one, now=now.business))


async def deadlines(vault: Vault, *, now: ClockReading) -> list[PlatformDeadlines]:
    """Return what each platform must reply to."""
    return await vault.read("tip_off.deadlines", lambda one: lists.deadlines(one, now=now.business))
