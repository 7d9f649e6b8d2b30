"""The tables of legacy accounts, campaigns and invitations."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    text,
)

from idvault.storage.base.metadata import ID, NAME, TOKEN, WORD, main
from idvault.storage.base.types import Day, Micros

_DAY_COLUMNS = (
    "invited_on",
    "shown_on",
    "opened_on",
    "later_on",
    "dismissed_on",
    "completed_on",
    "verified_on",
    "failed_on",
)

# reference is the keyed hash of the platform's own one. verified_on: the day of the first verification.
# limited_by, limited_from: the campaign whose enforcement date limited the account, and its standing before.
# An import writes a million rows: no foreign key, and no index that a campaign could do without.
legacy_accounts = Table(
    "legacy_accounts",
    main,
    Column("account_token", TOKEN, primary_key=True),
    Column("relying_party", NAME, nullable=False),
    Column("reference", LargeBinary, nullable=False),
    Column("import_id", ID, nullable=False),
    Column("label", String(64), nullable=False),
    Column("create_date", Day, nullable=False),
    Column("verified_on", Day),
    Column("limited_by", ID),
    Column("limited_from", WORD),
    UniqueConstraint("relying_party", "reference"),
    Index(
        "ix_legacy_accounts_limited",
        "limited_by",
        postgresql_where=text("limited_by IS NOT NULL"),
        sqlite_where=text("limited_by IS NOT NULL"),
    ),
)

# The plan's lists are words and figures with commas between. delivered counts the deliveries of delivered_on.
campaigns = Table(
    "campaigns",
    main,
    Column("campaign_id", ID, primary_key=True),
    Column("relying_party", NAME, nullable=False),
    Column("state", WORD, nullable=False),
    Column("title", String(100), nullable=False),
    Column("label", String(64), nullable=False),
    Column("created_from", Day),
    Column("created_before", Day),
    Column("methods", NAME, nullable=False),
    Column("daily_limit", Integer, nullable=False),
    Column("reminder_days", String(64), nullable=False),
    Column("quiet_start", String(5)),
    Column("quiet_end", String(5)),
    Column("quiet_zone", String(64)),
    Column("incentive_text", String(500), nullable=False),
    Column("enforcement_date", Day),
    Column("created_at", Micros, nullable=False),
    Column("started_at", Micros),
    Column("delivered_on", Day),
    Column("delivered", Integer, nullable=False),
    Index(None, "relying_party", "created_at"),
    Index(None, "state"),
)

# How many deliveries all campaigns of the deployment made on a day.
campaign_days = Table(
    "campaign_days",
    main,
    Column("day", Day, primary_key=True),
    Column("delivered", BigInteger, nullable=False),
)

# batch_id names the newest batch that took the invitation; leased_until is null once it is acknowledged.
invitations = Table(
    "invitations",
    main,
    Column("account_token", TOKEN, primary_key=True),
    Column("campaign_id", ID, primary_key=True),
    Column("method", WORD, nullable=False),
    Column("state", WORD, nullable=False),
    Column("deliveries", SmallInteger, nullable=False),
    Column("due_at", Micros),
    Column("batch_id", ID),
    Column("leased_until", Micros),
    Column("code_hash", LargeBinary),
    Column("code_expires_at", Micros),
    Column("code_used", Boolean, nullable=False, default=False),
    *(Column(name, Day) for name in _DAY_COLUMNS),
    Index(None, "campaign_id", "state", "due_at"),
    Index(None, "batch_id"),
)
