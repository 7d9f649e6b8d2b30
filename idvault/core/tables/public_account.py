"""The tables of public accounts and of their history."""

from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Index, String, Table, UniqueConstraint, text

from idvault.core.db.statement import Day, Micros
from idvault.core.tables import ID, NAME, TOKEN, WORD, main

_REFERENCE = String(200)

# account_token, person_id: the owner. licence_*: a declared category, null if there is none or it has ended.
# offered_*: an offer to transfer it. closed_at: when its owner closed it, null also of a closing by an edge
# of before schema 0080. standing and after: by its own sanctions, as in `accounts`. term_end: when the state
# changes by itself; due_on: when anything does.
public_accounts = Table(
    "public_accounts",
    main,
    Column("account_token", TOKEN, primary_key=True),
    Column("public_account_id", ID, primary_key=True),
    Column("relying_party", NAME, nullable=False),
    Column("person_id", ID, nullable=False),
    Column("kind", WORD, nullable=False),
    Column("owner_category", WORD, nullable=False),
    Column("state", WORD, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("applied_at", Micros, nullable=False),
    Column("licence_category", WORD),
    Column("licence_reference", _REFERENCE),
    Column("licence_expire_date", Day),
    Column("reject_reason", WORD),
    Column("since", Day),
    Column("expire_date", Day),
    Column("owner_changed_on", Day),
    Column("offered_to", TOKEN),
    Column("offered_at", Micros),
    Column("closed_at", Micros),
    Column("standing", WORD, nullable=False),
    Column("standing_until", Micros),
    Column("later_standings", String(200)),
    Column("term_end", Day),
    Column("due_on", Day),
    ForeignKeyConstraint(["account_token"], ["accounts.account_token"]),
    UniqueConstraint("relying_party", "public_account_id"),
    Index(None, "relying_party", "person_id"),
    Index(None, "relying_party", "applied_at", "public_account_id"),
    Index(None, "relying_party", "state", "applied_at", "public_account_id"),
    Index(
        "ix_public_accounts_due",
        "due_on",
        postgresql_where=text("due_on IS NOT NULL"),
        sqlite_where=text("due_on IS NOT NULL"),
    ),
    Index(
        "ix_public_accounts_offered",
        "offered_to",
        "offered_at",
        postgresql_where=text("offered_to IS NOT NULL"),
        sqlite_where=text("offered_to IS NOT NULL"),
    ),
    Index(
        "ix_public_accounts_expiring",
        "relying_party",
        "expire_date",
        "public_account_id",
        postgresql_where=text("term_end IS NOT NULL"),
        sqlite_where=text("term_end IS NOT NULL"),
    ),
)

# Who may publish for an organisation: another account of the platform. Its row is found by the owner's token.
public_account_operators = Table(
    "public_account_operators",
    main,
    Column("account_token", TOKEN, primary_key=True),
    Column("public_account_id", ID, primary_key=True),
    Column("operator_token", TOKEN, primary_key=True),
    Column("added_at", Micros, nullable=False),
    ForeignKeyConstraint(
        ["account_token", "public_account_id"],
        ["public_accounts.account_token", "public_accounts.public_account_id"],
    ),
)

# The state after every act: filings of a past day are computed from it.
public_account_versions = Table(
    "public_account_versions",
    main,
    Column("account_token", TOKEN, primary_key=True),
    Column("public_account_id", ID, primary_key=True),
    Column("revision", BigInteger, primary_key=True, autoincrement=False),
    Column("relying_party", NAME, nullable=False),
    Column("changed_at", Micros, nullable=False),
    Column("person_id", ID, nullable=False),
    Column("kind", WORD, nullable=False),
    Column("owner_category", WORD, nullable=False),
    Column("state", WORD, nullable=False),
    Column("applied_at", Micros, nullable=False),
    Column("licence_category", WORD),
    Column("licence_reference", _REFERENCE),
    Column("licence_expire_date", Day),
    Column("since", Day),
    Column("expire_date", Day),
    Column("owner_changed_on", Day),
    Column("standing", WORD, nullable=False),
    Column("standing_until", Micros),
    Column("later_standings", String(200)),
    ForeignKeyConstraint(["account_token"], ["accounts.account_token"]),
    Index(None, "relying_party", "public_account_id", "changed_at"),
)
