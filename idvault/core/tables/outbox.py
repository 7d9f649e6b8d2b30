"""The tables of notifications: what happened, what each recipient is still to hear, and the messages.

No row holds a name, a number, an account's token or a text. thing: the random id of what happened something
to, by which messages stay in order; it is in no message.
"""

from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Identity, Index, Integer, String, Table

from idvault.core.db.statement import Micros
from idvault.core.tables import ID, NAME, WORD, main

# Numbered in each database's own way: two acts about one thing wait for each other, so that the later one has
# the larger number. The worker distributes a row among the recipients and deletes it.
_NUMBER = BigInteger().with_variant(Integer, "sqlite")
outbox = Table(
    "outbox",
    main,
    Column("place", _NUMBER, Identity(), primary_key=True),
    Column("event", String(64), nullable=False),
    Column("relying_party", NAME, nullable=False),
    Column("member_id", ID, nullable=False),
    Column("thing", ID, nullable=False),
    Column("told_at", Micros, nullable=False),
    sqlite_autoincrement=True,
)

# recipient: a name in notify.toml. failure: why the last attempt failed, a word of ours. dead_at: since when
# it is not tried any more.
notifications = Table(
    "notifications",
    main,
    Column("message_id", ID, primary_key=True),
    Column("recipient", NAME, nullable=False),
    Column("body", String(2_000), nullable=False),
    Column("made_at", Micros, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Micros, nullable=False),
    Column("failure", WORD),
    Column("dead_at", Micros),
    Index(None, "dead_at", "next_at"),
)

# message_id: the message that tells of it and has not arrived; null while there is none.
notification_items = Table(
    "notification_items",
    main,
    Column("recipient", NAME, primary_key=True),
    Column("place", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", WORD, nullable=False),
    Column("thing", ID, nullable=False),
    Column("told_at", Micros, nullable=False),
    Column("message_id", ID),
    ForeignKeyConstraint(["message_id"], ["notifications.message_id"]),
    Index(None, "message_id"),
    Index(None, "recipient", "thing"),
)
