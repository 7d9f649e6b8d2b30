"""Distributes the outbox among recipients, makes messages, and sends them at least once.

- Any number of workers may do so at any time. An attempt is counted before it is made, so a worker that is
  killed after a message was accepted leaves one that is sent again, with the same id.
- None of it is in the log: it says what has its entry already.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from idvault.core.act import SYSTEM, Tx, Vault, act
from idvault.notification import rules, store
from idvault.notification.ports import Sender
from idvault.notification.rules import Notification, NotificationItem, OutboxRow, Recipient, SendError
from idvault_verify.clock import ClockReading

_AT_ONCE = 64
_MOST_MESSAGES = 200
_WHY = "what is told has its own entry"


async def deliver(vault: Vault, now: ClockReading, *, recipients: Sequence[Recipient], sender: Sender) -> int:
    """Send what is due; return how many messages arrived."""
    known = {each.name: each for each in recipients}
    while await distribute(vault, SYSTEM, now, recipients) == rules.MOST_ITEMS:
        continue
    for name in await vault.read("notification.recipients", store.recipients):
        await compose(vault, SYSTEM, now, name, known.get(name))
    due = await vault.read("notification.due", lambda one: store.due(one, now=now.real, limit=_MOST_MESSAGES))
    room = asyncio.Semaphore(_AT_ONCE)

    async def attempt(found: Notification) -> bool:
        async with room:
            return await _attempt(vault, now, found, known.get(found.recipient), sender)

    return sum(await asyncio.gather(*(attempt(found) for found in due)))


@act("notification.distribute")
async def distribute(tx: Tx, recipients: Sequence[Recipient]) -> int:
    """Turn rows of the outbox into what each recipient is to hear; return how many rows.

    Messages that died long ago are deleted.
    """
    tx.unchanged(_WHY)
    rows = await store.take(tx.connection, limit=rules.MOST_ITEMS)
    items = [item for row in rows for item in _items(row, recipients)]
    await store.add_items(tx.connection, items)
    await store.taken(tx.connection, rows)
    await store.forget_dead(tx.connection, before=tx.now.real - timedelta(days=rules.DEAD_DAYS))
    return len(rows)


def _items(row: OutboxRow, recipients: Sequence[Recipient]) -> list[tuple[str, NotificationItem]]:
    found = ((each.name, rules.topic_for(row=row, recipient=each)) for each in recipients)
    return [
        (name, NotificationItem(row.place, topic.value, row.thing, row.told_at))
        for name, topic in found
        if topic is not None
    ]


@act("notification.compose")
async def compose(tx: Tx, name: str, recipient: Recipient | None) -> bool:
    """Make a message of what a recipient may hear, if it is time. recipient: None if nobody has that name."""
    tx.unchanged(_WHY)
    if recipient is None or not recipient.is_on:
        await store.forget_items(tx.connection, name)
        return False
    items = await store.waiting(tx.connection, name, limit=rules.MOST_ITEMS)
    now = tx.now.real
    if not items or not rules.is_due(oldest=items[0].told_at, recipient=recipient, now=now):
        return False
    made = Notification(tx.events.new_id(), name, rules.count(items), now, 0, now)
    await store.attach(tx.connection, made, items)
    return True


async def _attempt(
    vault: Vault, now: ClockReading, found: Notification, recipient: Recipient | None, sender: Sender
) -> bool:
    if recipient is None or not recipient.is_on:
        await arrive(vault, SYSTEM, now, found.message_id)
        return False
    if not await begin(vault, SYSTEM, now, found):
        return False
    try:
        await sender.send(recipient, found)
    except SendError as error:
        await fail(vault, SYSTEM, now, found, error)
        return False
    await arrive(vault, SYSTEM, now, found.message_id)
    return True


@act("notification.begin")
async def begin(tx: Tx, found: Notification) -> bool:
    """Count an attempt; False if another worker makes it."""
    tx.unchanged(_WHY)
    now = tx.now.real
    attempts, next_at = rules.attempt(notification=found, now=now)
    return await store.begin(tx.connection, found, attempts=attempts, next_at=next_at, now=now)


@act("notification.fail")
async def fail(tx: Tx, found: Notification, error: SendError) -> None:
    """Store why an attempt failed, and give the message up if it is time."""
    tx.unchanged(_WHY)
    dies = rules.dies(notification=found, is_final=error.is_final, now=tx.now.real)
    await store.fail(tx.connection, found, failure=str(error), dead_at=tx.now.real if dies else None)


@act("notification.arrive")
async def arrive(tx: Tx, message_id: str) -> None:
    """Delete a message that has arrived."""
    tx.unchanged(_WHY)
    await store.arrived(tx.connection, message_id)


@act("notification.revive")
async def revive(tx: Tx, message_id: str) -> bool:
    """Let a dead message be tried again; False if there is none of this id."""
    tx.unchanged(_WHY)
    return await store.revive(tx.connection, message_id, now=tx.now.real)


@act("notification.forget_dead")
async def forget_dead(tx: Tx) -> int:
    """Delete every dead message; return how many."""
    tx.unchanged(_WHY)
    return await store.forget_dead(tx.connection, before=tx.now.real)


async def dead(vault: Vault) -> list[Notification]:
    """Return the messages that are not tried any more, the oldest first."""
    return await vault.read("notification.dead", store.dead)


async def unsent(vault: Vault) -> list[Notification]:
    """Return the messages that have not arrived and are tried, the oldest first."""
    return await vault.read("notification.unsent", store.unsent)


async def levels(vault: Vault) -> tuple[int, datetime | None]:
    """Return how many messages are dead, and since when the oldest that is not told has waited."""
    return await vault.read("notification.levels", store.levels)
