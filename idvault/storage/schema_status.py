"""The tables of the change feed, the status lists and their keys, and of what a receipt needs."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table, UniqueConstraint, text

from idvault.storage.base.types import Micros
from idvault.storage.schema import main

_TOKEN = String(31)
_ID = String(32)
_NAME = String(128)

# One row for each account, also a removed one. sequence: null until the last change has its number; changes
# counts them, listed is up to which one the status lists followed.
status_feed = Table(
    "status_feed",
    main,
    Column("account_token", _TOKEN, primary_key=True),
    Column("relying_party", _NAME, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("sequence", BigInteger),
    Column("changes", BigInteger, nullable=False),
    Column("listed", BigInteger, nullable=False),
    UniqueConstraint("relying_party", "sequence"),
    Index(
        "ix_status_feed_unarranged",
        "relying_party",
        "account_token",
        postgresql_where=text("sequence IS NULL"),
        sqlite_where=text("sequence IS NULL"),
    ),
    Index(
        "ix_status_feed_unlisted",
        "account_token",
        postgresql_where=text("listed < changes"),
        sqlite_where=text("listed < changes"),
    ),
)

status_feed_heads = Table(
    "status_feed_heads",
    main,
    Column("relying_party", _NAME, primary_key=True),
    Column("head", BigInteger, nullable=False),
)

# entries: the array of the draft, compressed.
status_lists = Table(
    "status_lists",
    main,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
    Column("entries", LargeBinary, nullable=False),
)

# A place that was used once is never used again; whose it was, this table does not know.
status_marks = Table(
    "status_marks",
    main,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("place", Integer, primary_key=True, autoincrement=False),
)

status_credentials = Table(
    "status_credentials",
    main,
    Column("account_token", _TOKEN, primary_key=True),
    Column("credential_id", _ID, primary_key=True),
    Column("audience", String(200), nullable=False),
    Column("number", Integer, nullable=False),
    Column("place", Integer, nullable=False),
    Column("issued_at", Micros, nullable=False),
    Column("expires_at", Micros, nullable=False),
    UniqueConstraint("number", "place"),
    Index(None, "expires_at"),
)

status_keys = Table(
    "status_keys",
    main,
    Column("public_key", LargeBinary, primary_key=True),
    Column("purpose", String(32), nullable=False),
    Column("announced_at", Micros, nullable=False),
)

# What the receipt of a successful claim names: its entry in the log, and the record that it is about.
receipts = Table(
    "receipts",
    main,
    Column("account_token", _TOKEN, primary_key=True),
    Column("claim_id", _ID, primary_key=True),
    Column("entry_id", _ID, nullable=False),
    Column("record_digest", LargeBinary, nullable=False),
    Column("quorum_id", String(64), nullable=False),
)
