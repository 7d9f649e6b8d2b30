"""The tables of the log."""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    text,
)

from idvault.core.db.statement import Micros
from idvault.core.tables import ID, TOKEN, WORD, main, shred

log_entries = Table(
    "log_entries",
    main,
    Column("entry_id", ID, primary_key=True),
    Column("log_index", BigInteger),
    Column("leaf", LargeBinary, nullable=False),
    Column("occurred_at", Micros, nullable=False),
    Column("recorded_at", Micros, nullable=False),
    UniqueConstraint("log_index"),
    Index(
        "ix_log_entries_unsequenced",
        "recorded_at",
        "entry_id",
        postgresql_where=text("log_index IS NULL"),
        sqlite_where=text("log_index IS NULL"),
    ),
)

# One row: the sequenced part of the log. tree: the verify.transparency.tree.CompactRange of that size.
log_head = Table(
    "log_head",
    main,
    Column("singleton", SmallInteger, primary_key=True, autoincrement=False),
    Column("size", BigInteger, nullable=False),
    Column("tree", LargeBinary, nullable=False),
    Column("sequenced_at", Micros, nullable=False),
)

# The hash of a complete subtree of 2**level leaves; only levels 0, 8, 16 ... are kept (transparency.tile).
log_nodes = Table(
    "log_nodes",
    main,
    Column("level", SmallInteger, primary_key=True, autoincrement=False),
    Column("node_index", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
)

# The opening key of an entry that concerns no account is kept under the empty token.
log_openings = Table(
    "log_openings",
    main,
    Column("account_token", TOKEN, primary_key=True),
    Column("entry_id", ID, primary_key=True),
    Column("opening_key", LargeBinary, nullable=False),
)

# Of a missed deadline: when its case was filed or received, to the minute.
log_misses = Table(
    "log_misses",
    main,
    Column("entry_id", ID, primary_key=True),
    Column("filed_at", Micros, nullable=False),
)

# The statements of the log's epochs, as the public epochs.json has them; the shred database has them, too.
# One row. A database that was restored alone still says which losses its log has gone on from.
log_statements = Table(
    "log_statements",
    main,
    Column("singleton", SmallInteger, primary_key=True, autoincrement=False),
    Column("statements", LargeBinary, nullable=False),
)

# What moderators signed and the log's entries commit to, by SHA-256 in hex; one may be of many entries.
moderator_papers = Table(
    "moderator_papers",
    main,
    Column("digest", String(64), primary_key=True),
    Column("paper", LargeBinary, nullable=False),
)

# The log's signed notes, in the shred database: rolling back the main database does not roll them back.
log_checkpoints = Table(
    "log_checkpoints",
    shred,
    Column("name", WORD, primary_key=True),
    Column("note", LargeBinary, nullable=False),
)
