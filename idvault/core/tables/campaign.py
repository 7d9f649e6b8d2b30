"""The tables of legacy accounts, campaigns and invitations."""

from sqlalchemy import (
    BigInteger,
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

from idvault.core.db.statement import Day, Micros
from idvault.core.tables import ID, NAME, TOKEN, WORD, main

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

# reference: keyed hash of the platform's reference. verified_on: the day of the first verification.
# limited_by: the campaign that limited the account on its enforcement date. invited_by: the campaign that
# invited the owner last, empty if none did. An import writes a million rows: no foreign key, and only the
# indexes that campaigns need.
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
    Column("invited_by", ID, nullable=False, server_default=""),
    UniqueConstraint("relying_party", "reference"),
    Index(
        "ix_legacy_accounts_uninvited",
        "relying_party",
        "invited_by",
        "account_token",
        postgresql_where=text("verified_on IS NULL"),
        sqlite_where=text("verified_on IS NULL"),
    ),
    Index(
        "ix_legacy_accounts_limited",
        "limited_by",
        postgresql_where=text("limited_by IS NOT NULL"),
        sqlite_where=text("limited_by IS NOT NULL"),
    ),
)

# The plan's lists are stored comma-separated. delivered counts the deliveries on the day delivered_on.
# looked_to: up to which place of its platform's change feed the campaign has looked for accounts to upgrade.
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
    Column("minimum_assurance", WORD),
    Column("created_at", Micros, nullable=False),
    Column("started_at", Micros),
    Column("delivered_on", Day),
    Column("delivered", Integer, nullable=False),
    Column("looked_to", BigInteger, nullable=False, server_default=text("0")),
    Index(None, "relying_party", "created_at"),
    Index(None, "state"),
)

# The number of deliveries by all campaigns of the deployment, per day.
campaign_days = Table(
    "campaign_days",
    main,
    Column("day", Day, primary_key=True),
    Column("delivered", BigInteger, nullable=False),
)

# batch_id: the newest batch that leased the invitation. leased_until: null once delivery is acknowledged.
# code_tries: how many claims were opened with the code.
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
    Column("code_tries", SmallInteger, nullable=False, default=0),
    *(Column(name, Day) for name in _DAY_COLUMNS),
    Index(None, "campaign_id", "state", "due_at"),
    Index(None, "batch_id"),
)
