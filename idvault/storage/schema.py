"""The tables of both databases.

- account_token comes first in every primary key of account data; nothing references across tokens.
- Requests, persons and their mismatches belong to a relying party; the log and the house-keeping to nobody.
- No column holds a name or a number in clear.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    text,
)

from idvault.storage.base.types import Day, Micros

_CONVENTION = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
}
_TOKEN = String(31)
_ID = String(32)
_WORD = String(32)
_UUID = String(36)
_NAME = String(128)
_HASH = String(64)
_MINUTE = String(16)

main = MetaData(naming_convention=_CONVENTION)
shred = MetaData(naming_convention=_CONVENTION)


def _of_claim() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["account_token", "claim_id"], ["claims.account_token", "claims.claim_id"])


requests = Table(
    "requests",
    main,
    Column("relying_party", _NAME, primary_key=True),
    Column("request_id", _UUID, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("account_token", _TOKEN, nullable=False),
    Column("claim_id", _ID, nullable=False),
    Column("made_at", Micros, nullable=False),
    Index(None, "made_at"),
)

persons = Table(
    "persons",
    main,
    Column("relying_party", _NAME, primary_key=True),
    Column("person_index", LargeBinary, primary_key=True),
    Column("index_version", Integer, nullable=False),
    Column("person_id", _ID, nullable=False),
    Column("accounts", Integer, nullable=False),
    Column("closed", Boolean, nullable=False),
    UniqueConstraint("relying_party", "person_id"),
    CheckConstraint("accounts >= 0", name="accounts"),
    Index(None, "index_version"),
)

mismatches = Table(
    "mismatches",
    main,
    Column("relying_party", _NAME, primary_key=True),
    Column("limiter_key", LargeBinary, primary_key=True),
    Column("claim_id", _ID, primary_key=True),
    Column("happened_at", Micros, nullable=False),
    Index(None, "happened_at"),
)

accounts = Table(
    "accounts",
    main,
    Column("account_token", _TOKEN, primary_key=True),
    Column("relying_party", _NAME, nullable=False),
    Column("subject_kind", _WORD, nullable=False),
    Column("state", _WORD, nullable=False),
    Column("standing", _WORD, nullable=False),
    Column("assurance", _WORD, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("verify_date", Day),
    Column("expire_date", Day),
    Column("person_id", _ID),
    Column("open_claim_id", _ID),
    Column("claim_ended_at", Micros),
    Column("organization_category", _WORD),
    Index(
        "ix_accounts_expiring",
        "state",
        "expire_date",
        postgresql_where=text("expire_date IS NOT NULL"),
        sqlite_where=text("expire_date IS NOT NULL"),
    ),
    Index(
        "ix_accounts_abandoned",
        "state",
        "claim_ended_at",
        postgresql_where=text("claim_ended_at IS NOT NULL"),
        sqlite_where=text("claim_ended_at IS NOT NULL"),
    ),
)

claims = Table(
    "claims",
    main,
    Column("account_token", _TOKEN, primary_key=True),
    Column("claim_id", _ID, primary_key=True),
    Column("relying_party", _NAME, nullable=False),
    Column("request_id", _UUID, nullable=False),
    Column("subject_kind", _WORD, nullable=False),
    Column("state", _WORD, nullable=False),
    Column("failure_reason", _WORD),
    Column("policy_version", String(64), nullable=False),
    Column("agree_time", Micros, nullable=False),
    Column("person_id", _ID, nullable=False),
    Column("slot", _WORD, nullable=False),
    Column("person_closed", Boolean, nullable=False),
    Column("different_owner", Boolean, nullable=False),
    Column("opened_at", Micros, nullable=False),
    Column("ended_at", Micros),
    ForeignKeyConstraint(["account_token"], ["accounts.account_token"]),
    Index(None, "state", "opened_at"),
)

checks = Table(
    "checks",
    main,
    Column("account_token", _TOKEN, primary_key=True),
    Column("claim_id", _ID, primary_key=True),
    Column("position", SmallInteger, primary_key=True, autoincrement=False),
    Column("ai", _ID, nullable=False),
    _of_claim(),
)

# lease_id and leased_until are null while nobody works on the job; limiter_key goes when the job is DONE.
# lane and due_at: its place in the queue (storage.queue).
jobs = Table(
    "jobs",
    main,
    Column("account_token", _TOKEN, primary_key=True),
    Column("claim_id", _ID, primary_key=True),
    Column("relying_party", _NAME, nullable=False),
    Column("priority", SmallInteger, nullable=False),
    Column("opened_at", Micros, nullable=False),
    Column("state", _WORD, nullable=False),
    Column("check_index", SmallInteger, nullable=False),
    Column("sent_at", Micros),
    Column("next_at", Micros, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("missing", Integer, nullable=False),
    Column("resends", Integer, nullable=False),
    Column("lease_id", _ID),
    Column("leased_until", Micros),
    Column("limiter_key", LargeBinary),
    Column("lane", SmallInteger, nullable=False),
    Column("due_at", Micros),
    _of_claim(),
    Index(
        "ix_jobs_queue",
        "lane",
        "relying_party",
        "due_at",
        "opened_at",
        postgresql_where=text("state <> 'DONE'"),
        sqlite_where=text("state <> 'DONE'"),
    ),
)

intakes = Table(
    "intakes",
    main,
    Column("account_token", _TOKEN, primary_key=True),
    Column("claim_id", _ID, primary_key=True),
    Column("day", _MINUTE, nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
    _of_claim(),
    Index(None, "day"),
)

records = Table(
    "records",
    main,
    Column("account_token", _TOKEN, primary_key=True),
    Column("relying_party", _NAME, nullable=False),
    Column("record_id", _ID, nullable=False),
    Column("format_version", SmallInteger, nullable=False),
    Column("sealing_quorum_id", _HASH, nullable=False),
    Column("present_quorum_id", _HASH, nullable=False),
    Column("suite", String(64), nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("commitment", LargeBinary, nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
    Column("share_hashes", LargeBinary, nullable=False),
    Column("shares", LargeBinary, nullable=False),
    # The quorum of each share, where a hand-over has made them different; null while all are the present one.
    Column("share_quorum_ids", LargeBinary),
    ForeignKeyConstraint(["account_token"], ["accounts.account_token"]),
    Index(None, "present_quorum_id", "account_token"),
)

log_entries = Table(
    "log_entries",
    main,
    Column("entry_id", _ID, primary_key=True),
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

# One row: the sequenced part of the log. tree is transparency.tree.CompactRange of its size.
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
    Column("account_token", _TOKEN, primary_key=True),
    Column("entry_id", _ID, primary_key=True),
    Column("opening_key", LargeBinary, nullable=False),
)

budgets = Table(
    "budgets",
    main,
    Column("name", _NAME, primary_key=True),
    Column("next_at", Micros, nullable=False),
)

platforms = Table(
    "platforms",
    main,
    Column("name", _NAME, primary_key=True),
    Column("role", _WORD, nullable=False),
    Column("actor_id", _ID, nullable=False),
)

platform_keys = Table(
    "platform_keys",
    main,
    Column("spki", _HASH, primary_key=True),
    Column("name", _NAME, nullable=False),
    Column("registered_at", Micros, nullable=False),
    Column("revoked_at", Micros),
    ForeignKeyConstraint(["name"], ["platforms.name"]),
)

# One row: the version in force. Earlier ones are in the log.
roster = Table(
    "roster",
    main,
    Column("singleton", SmallInteger, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
    Column("digest", _HASH, nullable=False),
    Column("adopted_at", Micros, nullable=False),
)

day_keys = Table(
    "day_keys",
    main,
    Column("day", _MINUTE, primary_key=True),
    Column("suite", String(64), nullable=False),
    Column("public_key", LargeBinary, nullable=False),
)


def _deployment(metadata: MetaData) -> Table:
    return Table(
        "deployment",
        metadata,
        Column("singleton", SmallInteger, primary_key=True, autoincrement=False),
        Column("deployment_id", String(64), nullable=False),
    )


main_deployment = _deployment(main)
shred_deployment = _deployment(shred)

shred_keys = Table(
    "shred_keys",
    shred,
    Column("account_token", _TOKEN, primary_key=True),
    Column("shred_key", LargeBinary, nullable=False),
)

# The signed notes of the log, in the other database: a rolled-back main one does not take them along.
log_checkpoints = Table(
    "log_checkpoints",
    shred,
    Column("name", _WORD, primary_key=True),
    Column("note", LargeBinary, nullable=False),
)
