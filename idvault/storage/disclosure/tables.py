"""The tables of disclosures: requests, decisions with re-sealed shares, openings, budgets, refusals."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    UniqueConstraint,
)

from idvault.storage.base.metadata import ID, NAME, TOKEN, WORD, main
from idvault.storage.base.types import Day, Micros


def _of_disclosure() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["account_token", "disclosure_id"], ["disclosures.account_token", "disclosures.disclosure_id"]
    )


# text: the signed request, sealed under the case-text key of key_version; digest: SHA-256 of the plaintext.
disclosures = Table(
    "disclosures",
    main,
    Column("account_token", TOKEN, primary_key=True),
    Column("disclosure_id", ID, primary_key=True),
    Column("auditor", NAME, nullable=False),
    Column("auditor_actor_id", ID, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("record_id", ID, nullable=False),
    Column("openings", SmallInteger, nullable=False),
    Column("created_at", Micros, nullable=False),
    Column("expire_at", Micros, nullable=False),
    Column("state", WORD, nullable=False),
    Column("opened", SmallInteger, nullable=False),
    Column("opened_at", Micros),
    Column("key_version", WORD, nullable=False),
    Column("text", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("threshold", SmallInteger, nullable=False),
    Column("entry_id", ID, nullable=False),
    UniqueConstraint("disclosure_id"),
    UniqueConstraint("auditor_actor_id", "number"),
    Index(None, "state", "expire_at"),
    Index(None, "key_version"),
)

# resealed: the share, sealed to the auditor's one-time key; null in a denial and once destroyed.
disclosure_decisions = Table(
    "disclosure_decisions",
    main,
    Column("account_token", TOKEN, primary_key=True),
    Column("disclosure_id", ID, primary_key=True),
    Column("place", SmallInteger, primary_key=True, autoincrement=False),
    Column("custodian", NAME, nullable=False),
    Column("custodian_actor_id", ID, nullable=False),
    Column("verdict", WORD, nullable=False),
    Column("decided_at", Micros, nullable=False),
    Column("signed", LargeBinary, nullable=False),
    Column("resealed", LargeBinary),
    Column("entry_id", ID, nullable=False),
    UniqueConstraint("disclosure_id", "custodian"),
    _of_disclosure(),
)

disclosure_openings = Table(
    "disclosure_openings",
    main,
    Column("account_token", TOKEN, primary_key=True),
    Column("disclosure_id", ID, primary_key=True),
    Column("entry_id", ID, primary_key=True),
    Column("auditor_actor_id", ID, nullable=False),
    Column("opened_at", Micros, nullable=False),
    Column("record_digest", LargeBinary, nullable=False),
    _of_disclosure(),
    Index(None, "auditor_actor_id", "opened_at"),
)

# How many requests an auditor has made on a day; rows are never deleted, so that no number repeats.
disclosure_budgets = Table(
    "disclosure_budgets",
    main,
    Column("actor_id", ID, primary_key=True),
    Column("day", Day, primary_key=True),
    Column("used", Integer, nullable=False),
)

disclosure_refusals = Table(
    "disclosure_refusals",
    main,
    Column("actor_id", ID, primary_key=True),
    Column("reason", WORD, primary_key=True),
    Column("minute", Micros),
    Column("silent", Integer, nullable=False),
    Index(None, "silent"),
)
