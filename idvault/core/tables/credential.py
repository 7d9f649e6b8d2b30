"""The tables of status credentials and status lists."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table, UniqueConstraint, text

from idvault.core.db.statement import Day, Micros
from idvault.core.tables import ID, NAME, TOKEN, WORD, main

# entries: the status list's byte array (IETF Token Status List), compressed.
status_lists = Table(
    "status_lists",
    main,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
    Column("entries", LargeBinary, nullable=False),
)

# A used index is never used again. This table does not record which account used it.
status_marks = Table(
    "status_marks",
    main,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("place", Integer, primary_key=True, autoincrement=False),
)

# public_account_id: what is attested, null if it is the account. turns_at: when a change of the entry is
# published (0: at once, as for a new credential); null while none waits. withdrawn_at: since when it attests
# a verification that was withdrawn, and is INVALID for good. minimum_assurance: what the account must meet,
# null if nothing.
status_credentials = Table(
    "status_credentials",
    main,
    Column("account_token", TOKEN, primary_key=True),
    Column("credential_id", ID, primary_key=True),
    Column("audience", String(200), nullable=False),
    Column("number", Integer, nullable=False),
    Column("place", Integer, nullable=False),
    Column("issued_at", Micros, nullable=False),
    Column("expires_at", Micros, nullable=False),
    Column("public_account_id", ID),
    Column("turns_at", Micros, server_default=text("0")),
    Column("withdrawn_at", Micros),
    Column("minimum_assurance", WORD),
    UniqueConstraint("number", "place"),
    Index(
        "ix_status_credentials_public",
        "number",
        "place",
        postgresql_where=text("public_account_id IS NOT NULL"),
        sqlite_where=text("public_account_id IS NOT NULL"),
    ),
    Index(None, "expires_at"),
    Index(
        "ix_status_credentials_turning",
        "turns_at",
        postgresql_where=text("turns_at IS NOT NULL"),
        sqlite_where=text("turns_at IS NOT NULL"),
    ),
)

# How many new credentials a relying party got on a day.
credential_counts = Table(
    "credential_counts",
    main,
    Column("relying_party", NAME, primary_key=True),
    Column("day", Day, primary_key=True),
    Column("issued", Integer, nullable=False),
)

status_keys = Table(
    "status_keys",
    main,
    Column("public_key", LargeBinary, primary_key=True),
    Column("purpose", String(32), nullable=False),
    Column("announced_at", Micros, nullable=False),
    # In which the log's key vouches for its statements.
    Column("note", LargeBinary),
)
