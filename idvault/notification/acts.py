"""Distributes the outbox among recipients, makes messages, and sends them at least once.

- Any number of workers may do so at any time. An attempt is counted before it is made, so a worker that is
  killed after a message was accepted leaves one that is sent again, with the same id.
- What runs every two seconds looks before it acts: nothing is written while nothing happens.
- None of it is in the log: it says what has its entry already.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeGuard

from idvault.core.act import SYSTEM, Tx, Vault, act
from idvault.notification import rules, store
from idvault.notification.ports import Sender
from idvault.notification.rules import Notification, NotificationItem, OutboxRow, Recipient, SendError
from idvault_verify.clock import ClockReading

_WHY = "what is told has its own entry"
Trusts = Callable[[ClockReading], Awaitable[bool]]
"""Tells whether a time is confirmed: a wrong one gives no message up."""


async def prepare(vault: Vault, now: ClockReading, recipients: Mapping[str, Recipient]) -> None:
    """Make messages of what has happened. recipients: by name."""
    known = [*recipients.values()]
    while await vault.read("notification.outbox", store.has_rows):
        await distribute(vault, SYSTEM, now, known)
    found = await vault.read("notification.waiting", lambda one: store.oldest_waiting(one, now=now.real))
    for name, oldest in found:
        recipient = recipients.get(name)
        if not _is_told(recipient) or rules.is_due(oldest=oldest, recipient=recipient, now=now.real):
            await compose(vault, SYSTEM, now, name, recipient)


async def due_recipients(vault: Vault, now: ClockReading) -> list[str]:
    """Return the names of those to whom a message is due."""
    return await vault.read("notification.due", lambda one: store.due_recipients(one, now=now.real))


async def due(vault: Vault, now: ClockReading, name: str, *, limit: int) -> list[Notification]:
    """Return the messages to a recipient whose next attempt is due, the longest due first."""
    return await vault.read(
        "notification.due_to", lambda one: store.due(one, name, now=now.real, limit=limit)
    )


def _is_told(recipient: Recipient | None) -> TypeGuard[Recipient]:
    return recipient is not None and recipient.is_on


@act("notification.distribute")
async def distribute(tx: Tx, recipients: Sequence[Recipient]) -> None:
    """Turn rows of the outbox into what each recipient is to hear."""
    tx.unchanged(_WHY)
    rows = await store.take(tx.connection, limit=rules.MOST_ITEMS)
    items = [item for row in rows for item in _items(row, recipients)]
    await store.add_items(tx.connection, items)
    await store.taken(tx.connection, rows)


def _items(row: OutboxRow, recipients: Sequence[Recipient]) -> list[tuple[str, NotificationItem]]:
    found = ((each.name, rules.topic_for(row=row, recipient=each)) for each in recipients)
    return [
        (name, NotificationItem(row.place, topic.value, row.thing, row.told_at))
        for name, topic in found
        if topic is not None
    ]


@act("notification.compose")
async def compose(tx: Tx, name: str, recipient: Recipient | None) -> None:
    """Make a message of what a recipient may hear, if it is time. recipient: None if nobody has that name."""
    tx.unchanged(_WHY)
    if not _is_told(recipient):
        await store.forget_items(tx.connection, name)
        return
    items = await store.waiting(tx.connection, name, limit=rules.MOST_ITEMS)
    now = tx.now.real
    if not items or not rules.is_due(oldest=items[0].told_at, recipient=recipient, now=now):
        return
    made = Notification(tx.events.new_id(), name, rules.count(items), now, 0, now)
    await store.attach(tx.connection, made, items)


async def attempt(
    vault: Vault,
    now: ClockReading,
    found: Notification,
    recipient: Recipient | None,
    sender: Sender,
    *,
    trusts: Trusts,
) -> bool:
    """Make an attempt that begins now, unless another worker does; return whether the message arrived.

    now: when this attempt begins, because its lease runs from then. recipient: None if nobody has the name.
    """
    if not _is_told(recipient):
        await arrive(vault, SYSTEM, now, found.message_id)
        return False
    if not await begin(vault, SYSTEM, now, found):
        return False
    try:
        await sender.send(recipient, found)
    except SendError as error:
        is_over = rules.is_over(notification=found, now=now.real) and await trusts(now)
        await fail(vault, SYSTEM, now, found, error, dies=error.is_final or is_over)
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
async def fail(tx: Tx, found: Notification, error: SendError, *, dies: bool) -> None:
    """Store why an attempt failed. dies: whether the message is given up."""
    tx.unchanged(_WHY)
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
async def forget_dead(tx: Tx, *, days: int = 0) -> int:
    """Delete the messages that have been dead for some days; return how many."""
    tx.unchanged(_WHY)
    return await store.forget_dead(tx.connection, before=tx.now.real - timedelta(days=days))


async def dead(vault: Vault) -> list[Notification]:
    """Return the messages that are not tried any more, the oldest first."""
    return await vault.read("notification.dead", store.dead)


async def unsent(vault: Vault) -> list[Notification]:
    """Return the messages that have not arrived and are tried, the oldest first."""
    return await vault.read("notification.unsent", store.unsent)


async def levels(vault: Vault) -> tuple[int, datetime | None]:
    """Return how many messages are dead, and since when the oldest that is not told has waited."""
    return await vault.read("notification.levels", store.levels)
