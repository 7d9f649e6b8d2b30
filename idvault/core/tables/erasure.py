"""The tables of erasures: in the main database, and as the shred database remembers them."""

from sqlalchemy import Boolean, Column, ForeignKeyConstraint, Index, Table, text

from idvault.core.db.statement import Micros
from idvault.core.tables import ID, NAME, TOKEN, WORD, main, shred

# due_at: when the next step is due, null if there is none. held: true while a sanction keeps the account of a
# destroyed erasure among its person's accounts, else null. origin: who asked. kept_until:
# the end of the last hold of a version that the destruction left, null without one.
erasures = Table(
    "erasures",
    main,
    Column("account_token", TOKEN, primary_key=True),
    Column("erasure_id", ID, primary_key=True),
    Column("relying_party", NAME, nullable=False),
    Column("state", WORD, nullable=False),
    Column("requested_at", Micros, nullable=False),
    Column("erase_at", Micros, nullable=False),
    Column("destroy_at", Micros, nullable=False),
    Column("entry_id", ID, nullable=False),
    Column("cancelled_at", Micros),
    Column("erased_at", Micros),
    Column("destroyed_at", Micros),
    Column("due_at", Micros),
    Column("held", Boolean),
    Column("origin", WORD, nullable=False),
    Column("absent_from", Micros),
    Column("kept_until", Micros),
    ForeignKeyConstraint(["account_token"], ["accounts.account_token"]),
    Index(
        "ix_erasures_due",
        "due_at",
        postgresql_where=text("due_at IS NOT NULL"),
        sqlite_where=text("due_at IS NOT NULL"),
    ),
    Index(
        "ix_erasures_held",
        "account_token",
        postgresql_where=text("held IS NOT NULL"),
        sqlite_where=text("held IS NOT NULL"),
    ),
    Index(None, "relying_party", "erasure_id", "requested_at"),
    Index(None, "relying_party", "requested_at", "erasure_id"),
    Index(None, "relying_party", "state", "requested_at", "erasure_id"),
)

# What a main database that is restored from before an erasure does not know. It stays for as long as a backup
# of the main database may. destroyed_at: when the shred key was deleted.
erasure_memos = Table(
    "erasure_memos",
    shred,
    Column("account_token", TOKEN, primary_key=True),
    Column("erasure_id", ID, nullable=False),
    Column("origin", WORD, nullable=False),
    Column("requested_at", Micros, nullable=False),
    Column("erase_at", Micros, nullable=False),
    Column("erased_at", Micros, nullable=False),
    Column("destroy_at", Micros, nullable=False),
    Column("destroyed_at", Micros),
)
