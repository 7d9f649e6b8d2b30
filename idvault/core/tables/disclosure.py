"""The tables of disclosures: requests, decisions with their shares, kept records, openings, refusals."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)

from idvault.core.db.statement import Day, Micros
from idvault.core.tables import ID, NAME, TOKEN, WORD, main
from idvault.core.tables.account import records


def _of_disclosure() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["account_token", "disclosure_id"], ["disclosures.account_token", "disclosures.disclosure_id"]
    )


# text: the signed request, sealed under the case-text key of key_version; digest: SHA-256 of the plaintext.
# record_digest: of the version that the request's log entry fixes. disclosed_at, disclose_entry_id,
# legal_basis: set by the M-th release. ended_at: when shares and kept version were destroyed.
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
    Column("record_digest", LargeBinary, nullable=False),
    Column("disclosed_at", Micros),
    Column("disclose_entry_id", ID),
    Column("legal_basis", Text),
    Column("confirmed_at", Micros),
    Column("ended_at", Micros),
    UniqueConstraint("disclosure_id"),
    UniqueConstraint("auditor_actor_id", "number"),
    Index(None, "auditor_actor_id", "disclosed_at"),
    Index(None, "state", "expire_at"),
    Index(None, "key_version"),
)

# signed: a denial is sealed under the case-text key of key_version, which approvals do not have.
# resealed: the share, sealed to the auditor's one-time key; null until its release and once destroyed.
# reported_at: when the auditor reported the share as wrong.
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
    Column("key_version", WORD),
    Column("resealed", LargeBinary),
    Column("entry_id", ID, nullable=False),
    Column("released_at", Micros),
    Column("release_entry_id", ID),
    Column("reported_at", Micros),
    UniqueConstraint("disclosure_id", "custodian"),
    Index(None, "custodian_actor_id", "decided_at"),
    _of_disclosure(),
)

# Former versions of records. due_at: from when on the version ends if no disclosure is open for it; null in a
# row of a program of before, until its disclosures have ended. kept_until: a hold; until then it stays, also
# after an erasure. settle_entry_id: of a held version, the log entry that stored it. ended_at: when it was
# decided that its key is destroyed; from then on nobody can request it.
_KEYS = ("account_token", "record_id")
kept_records = Table(
    "kept_records",
    main,
    *(Column(c.name, c.type, primary_key=True) for c in records.c if c.name in _KEYS),
    *(Column(c.name, c.type, nullable=c.nullable) for c in records.c if c.name not in _KEYS),
    Column("due_at", Micros),
    Column("kept_until", Micros),
    Column("settle_entry_id", ID),
    Column("ended_at", Micros),
    ForeignKeyConstraint(["account_token"], ["accounts.account_token"]),
    Index(None, "due_at"),
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
