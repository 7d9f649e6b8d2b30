"""Rows of notifications: the outbox, what each recipient is to hear, and messages."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Integer, delete, func, insert, select, update

from idvault.core.db.connection import Connection
from idvault.core.db.statement import Micros, Statement, lock_of_number, param, scalar, statement
from idvault.core.tables.outbox import notification_items, notifications, outbox
from idvault.notification.rules import Notification, NotificationItem, OutboxRow

# Any number that no other lock has: theirs are drawn from hashes of 63 bits.
_DISTRIBUTION = 61
_LOCK = statement(select(lock_of_number(param("number", BigInteger))))
_OUTBOX: Statement[OutboxRow] = statement(
    select(outbox).order_by(outbox.c.place).limit(param("limit", Integer)),
    lambda row: OutboxRow(row.place, row.event, row.relying_party, row.member_id, row.thing, row.told_at),
)
_TAKEN = statement(delete(outbox).where(outbox.c.place == param("taken")))
_ADD_ITEM = statement(insert(notification_items))
_ITEM = (
    notification_items.c.place,
    notification_items.c.kind,
    notification_items.c.thing,
    notification_items.c.told_at,
)
_told = notification_items.alias("told")
# Nothing about a thing is told before what was told of it has arrived.
_FREE = ~(
    select(_told.c.place)
    .where(
        _told.c.recipient == notification_items.c.recipient,
        _told.c.thing == notification_items.c.thing,
        _told.c.message_id.is_not(None),
    )
    .exists()
)
_OF_RECIPIENT = notification_items.c.recipient == param("to")
_WAITING: Statement[NotificationItem] = statement(
    select(*_ITEM)
    .where(_OF_RECIPIENT, notification_items.c.message_id.is_(None), _FREE)
    .order_by(notification_items.c.place)
    .limit(param("limit", Integer)),
    lambda row: NotificationItem(row.place, row.kind, row.thing, row.told_at),
)
_ATTACH = statement(
    update(notification_items)
    .where(_OF_RECIPIENT, notification_items.c.place == param("item"))
    .values(message_id=param("message_id"))
)
_HAS_ROWS: Statement[int] = statement(select(outbox.c.place).limit(1), scalar)
_unbegun = notifications.alias("unbegun")
_IS_MADE = (
    select(_unbegun.c.message_id)
    .where(
        _unbegun.c.dead_at.is_(None),
        _unbegun.c.next_at <= param("now", Micros),
        _unbegun.c.attempts == 0,
        _unbegun.c.recipient == notification_items.c.recipient,
    )
    .exists()
)
_OLDEST_WAITING: Statement[tuple[str, datetime]] = statement(
    select(notification_items.c.recipient, func.min(notification_items.c.told_at))
    .where(notification_items.c.message_id.is_(None), _FREE, ~_IS_MADE)
    .group_by(notification_items.c.recipient),
    tuple,
)
_FORGET_ITEMS = statement(
    delete(notification_items).where(_OF_RECIPIENT, notification_items.c.message_id.is_(None))
)
_TOLD = statement(delete(notification_items).where(notification_items.c.message_id == param("message")))


def _notification(row: Any) -> Notification:
    return Notification(
        row.message_id,
        row.recipient,
        json.loads(row.body),
        row.made_at,
        row.attempts,
        row.next_at,
        row.failure,
        row.dead_at,
    )


_ADD = statement(insert(notifications))
_IS_DUE = (notifications.c.dead_at.is_(None), notifications.c.next_at <= param("now", Micros))
_DUE_RECIPIENTS: Statement[str] = statement(
    select(notifications.c.recipient).where(*_IS_DUE).distinct(), scalar
)
_DUE: Statement[Notification] = statement(
    select(notifications)
    .where(*_IS_DUE, notifications.c.recipient == param("to"))
    .order_by(notifications.c.next_at)
    .limit(param("limit", Integer)),
    _notification,
)
_MINE = notifications.c.message_id == param("message")
# Another worker that began an attempt has counted it.
_BEGIN: Statement[str] = statement(
    update(notifications)
    .where(
        _MINE,
        notifications.c.attempts == param("before", Integer),
        notifications.c.next_at <= param("now", Micros),
        notifications.c.dead_at.is_(None),
    )
    .values(attempts=param("attempts"), next_at=param("next_at"))
    .returning(notifications.c.message_id),
    scalar,
)
_FAIL = statement(
    update(notifications).where(_MINE).values(failure=param("failure"), dead_at=param("dead_at"))
)
_ARRIVED = statement(delete(notifications).where(_MINE))
_DEAD: Statement[Notification] = statement(
    select(notifications).where(notifications.c.dead_at.is_not(None)).order_by(notifications.c.dead_at),
    _notification,
)
_REVIVE: Statement[str] = statement(
    update(notifications)
    .where(_MINE, notifications.c.dead_at.is_not(None))
    .values(dead_at=None, attempts=0, made_at=param("now", Micros), next_at=param("now", Micros))
    .returning(notifications.c.message_id),
    scalar,
)
_FORGET_DEAD = statement(delete(notifications).where(notifications.c.dead_at < param("before", Micros)))
_UNSENT: Statement[Notification] = statement(
    select(notifications).where(notifications.c.dead_at.is_(None)).order_by(notifications.c.made_at),
    _notification,
)
_LEVELS = statement(
    select(
        func.count(notifications.c.dead_at).label("dead"),
        func.min(notifications.c.made_at).filter(notifications.c.dead_at.is_(None)).label("oldest"),
    )
)
_OLDEST_ROW: Statement[datetime | None] = statement(select(func.min(outbox.c.told_at)), scalar)


async def take(connection: Connection, *, limit: int) -> list[OutboxRow]:
    """Return the first rows of the outbox; one act at a time, so that none overtakes another."""
    await connection.all(_LOCK, number=_DISTRIBUTION)
    return await connection.all(_OUTBOX, limit=limit)


async def taken(connection: Connection, rows: Sequence[OutboxRow]) -> None:
    """Delete rows of the outbox."""
    await connection.many(_TAKEN, [{"taken": row.place} for row in rows])


async def add_items(connection: Connection, items: Sequence[tuple[str, NotificationItem]]) -> None:
    """Insert what recipients are to hear, each with the recipient's name."""
    rows = [
        {
            "recipient": recipient,
            "place": item.place,
            "kind": item.kind,
            "thing": item.thing,
            "told_at": item.told_at,
            "message_id": None,
        }
        for recipient, item in items
    ]
    await connection.many(_ADD_ITEM, rows)


async def has_rows(connection: Connection) -> bool:
    """Return whether there is a row in the outbox."""
    return await connection.one(_HAS_ROWS) is not None


async def oldest_waiting(connection: Connection, *, now: datetime) -> list[tuple[str, datetime]]:
    """Return who may hear of something, and since when the oldest of it has waited.

    Without those to whom a message waits for its first attempt.
    """
    return await connection.all(_OLDEST_WAITING, now=now)


async def waiting(connection: Connection, recipient: str, *, limit: int) -> list[NotificationItem]:
    """Return what a recipient may hear now, in the order in which it happened."""
    await connection.all(_LOCK, number=_DISTRIBUTION)
    return await connection.all(_WAITING, to=recipient, limit=limit)


async def attach(connection: Connection, made: Notification, items: Sequence[NotificationItem]) -> None:
    """Insert a message about these items."""
    await connection.run(
        _ADD,
        message_id=made.message_id,
        recipient=made.recipient,
        body=json.dumps(made.body),
        made_at=made.made_at,
        attempts=made.attempts,
        next_at=made.next_at,
        failure=None,
        dead_at=None,
    )
    await connection.many(
        _ATTACH,
        [{"to": made.recipient, "item": item.place, "message_id": made.message_id} for item in items],
    )


async def forget_items(connection: Connection, recipient: str) -> None:
    """Delete what a recipient was to hear, and no message tells of."""
    await connection.run(_FORGET_ITEMS, to=recipient)


async def due_recipients(connection: Connection, *, now: datetime) -> list[str]:
    """Return the names of those to whom a message is due."""
    return await connection.all(_DUE_RECIPIENTS, now=now)


async def due(connection: Connection, recipient: str, *, now: datetime, limit: int) -> list[Notification]:
    """Return the messages to a recipient whose next attempt is due, the longest due first."""
    return await connection.all(_DUE, to=recipient, now=now, limit=limit)


async def begin(
    connection: Connection, found: Notification, *, attempts: int, next_at: datetime, now: datetime
) -> bool:
    """Count an attempt before it is made; False if another worker has begun one."""
    begun = await connection.one(
        _BEGIN, message=found.message_id, before=found.attempts, attempts=attempts, next_at=next_at, now=now
    )
    return begun is not None


async def fail(
    connection: Connection, found: Notification, *, failure: str, dead_at: datetime | None
) -> None:
    """Store why an attempt failed; the things of a dead message are free."""
    if dead_at is not None:
        await connection.run(_TOLD, message=found.message_id)
    await connection.run(_FAIL, message=found.message_id, failure=failure, dead_at=dead_at)


async def arrived(connection: Connection, message_id: str) -> None:
    """Delete a message that has arrived, and what it told."""
    await connection.run(_TOLD, message=message_id)
    await connection.run(_ARRIVED, message=message_id)


async def dead(connection: Connection) -> list[Notification]:
    """Return the messages that are not tried any more, the oldest first."""
    return await connection.all(_DEAD)


async def unsent(connection: Connection) -> list[Notification]:
    """Return the messages that have not arrived and are tried, the oldest first."""
    return await connection.all(_UNSENT)


async def forget_dead(connection: Connection, *, before: datetime) -> int:
    """Delete messages that died before a time; return how many."""
    return await connection.run(_FORGET_DEAD, before=before)


async def revive(connection: Connection, message_id: str, *, now: datetime) -> bool:
    """Let a dead message be tried again, as if it were new; False if there is none."""
    return await connection.one(_REVIVE, message=message_id, now=now) is not None


async def levels(connection: Connection) -> tuple[int, datetime | None]:
    """Return how many messages are dead, and since when the oldest that is not told has waited."""
    found = await connection.only(_LEVELS)
    times = [time for time in (found.oldest, await connection.only(_OLDEST_ROW)) if time is not None]
    return found.dead, min(times, default=None)
