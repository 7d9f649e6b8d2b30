"""The outbox: what people and platforms are told of, written within the act's own transaction.

- A row is written beside each entry of the log that somebody is told of (`core.topic.TOPICS`).
- It says what kind of thing happened, at which platform and when, and never to whom.
- The worker distributes the rows among recipients (notification.acts).
"""

from sqlalchemy import insert

from idvault.core import topic
from idvault.core.db.connection import Connection
from idvault.core.db.statement import param, statement
from idvault.core.tables.outbox import outbox
from idvault_verify.event import Event

_VALUES = ("event", "relying_party", "member_id", "thing", "told_at")
_ADD = statement(insert(outbox).values({name: param(name) for name in _VALUES}))


async def add(connection: Connection, event: Event, *, relying_party: str, member_id: str = "") -> None:
    """Write the row of an entry that somebody is told of; does nothing for others.

    member_id: the actor id of the roster member that is told, if the entry does not have it.
    """
    if event.type not in topic.TOPICS:
        return
    await connection.later(
        _ADD,
        event=event.type.value,
        relying_party=relying_party,
        member_id=member_id or topic.member_of(event),
        thing=topic.thing_of(event),
        told_at=event.recorded_at,
    )
