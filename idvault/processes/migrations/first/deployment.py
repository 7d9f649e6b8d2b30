"""Platforms, people, disclosures, the log, keys, and the deployment itself."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from idvault.processes.migrations.first import MAIN, index, only

Table(
    "platforms",
    MAIN,
    Column("name", String(128), primary_key=True),
    Column("role", String(32), nullable=False),
    Column("actor_id", String(32), nullable=False),
)
Table(
    "platform_keys",
    MAIN,
    Column("spki", String(64), primary_key=True),
    Column("name", String(128), nullable=False),
    Column("registered_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    ForeignKeyConstraint(["name"], ["platforms.name"]),
)
Table(
    "platform_pages",
    MAIN,
    Column("name", String(128), primary_key=True),
    Column("title", String(60), nullable=False),
    Column("origins", String(10010), nullable=False),
    ForeignKeyConstraint(["name"], ["platforms.name"]),
)
Table(
    "roster",
    MAIN,
    Column("singleton", SmallInteger, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("adopted_at", BigInteger, nullable=False),
)
Table(
    "roster_versions",
    MAIN,
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("digest", String(64), nullable=False),
    Column("file", LargeBinary, nullable=False),
    Column("adopted_at", BigInteger, nullable=False),
    UniqueConstraint("digest"),
)
Table(
    "roster_proposals",
    MAIN,
    Column("digest", String(64), primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("file", LargeBinary, nullable=False),
    Column("proposed_at", BigInteger, nullable=False),
    index(None, "version"),
)
Table(
    "roster_signatures",
    MAIN,
    Column("digest", String(64), primary_key=True),
    Column("name", String(128), primary_key=True),
    Column("signature", LargeBinary, nullable=False),
    Column("signed_at", BigInteger, nullable=False),
    ForeignKeyConstraint(["digest"], ["roster_proposals.digest"]),
)
Table(
    "person_requests",
    MAIN,
    Column("actor_id", String(32), primary_key=True),
    Column("request_id", String(36), primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    index(None, "made_at"),
)
Table(
    "second_factors",
    MAIN,
    Column("actor_id", String(32), primary_key=True),
    Column("active", LargeBinary),
    Column("pending", LargeBinary),
    Column("last_step", BigInteger),
    Column("tries", Integer, nullable=False),
    Column("locks", Integer, nullable=False),
    Column("locked_until", BigInteger),
)
Table(
    "disclosures",
    MAIN,
    Column("account_token", String(31), primary_key=True),
    Column("disclosure_id", String(32), primary_key=True),
    Column("auditor", String(128), nullable=False),
    Column("auditor_actor_id", String(32), nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("record_id", String(32), nullable=False),
    Column("openings", SmallInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expire_at", BigInteger, nullable=False),
    Column("state", String(32), nullable=False),
    Column("opened", SmallInteger, nullable=False),
    Column("opened_at", BigInteger),
    Column("key_version", String(32), nullable=False),
    Column("text", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("threshold", SmallInteger, nullable=False),
    Column("entry_id", String(32), nullable=False),
    Column("record_digest", LargeBinary, nullable=False),
    Column("disclosed_at", BigInteger),
    Column("disclose_entry_id", String(32)),
    Column("legal_basis", Text),
    Column("confirmed_at", BigInteger),
    Column("ended_at", BigInteger),
    UniqueConstraint("disclosure_id"),
    UniqueConstraint("auditor_actor_id", "number"),
    index(None, "key_version"),
    index(None, "state", "expire_at"),
    index(None, "auditor_actor_id", "disclosed_at"),
)
Table(
    "disclosure_decisions",
    MAIN,
    Column("account_token", String(31), primary_key=True),
    Column("disclosure_id", String(32), primary_key=True),
    Column("place", SmallInteger, primary_key=True, autoincrement=False),
    Column("custodian", String(128), nullable=False),
    Column("custodian_actor_id", String(32), nullable=False),
    Column("verdict", String(32), nullable=False),
    Column("decided_at", BigInteger, nullable=False),
    Column("signed", LargeBinary, nullable=False),
    Column("key_version", String(32)),
    Column("resealed", LargeBinary),
    Column("entry_id", String(32), nullable=False),
    Column("released_at", BigInteger),
    Column("release_entry_id", String(32)),
    Column("reported_at", BigInteger),
    ForeignKeyConstraint(
        ["account_token", "disclosure_id"], ["disclosures.account_token", "disclosures.disclosure_id"]
    ),
    UniqueConstraint("disclosure_id", "custodian"),
)
Table(
    "kept_records",
    MAIN,
    Column("account_token", String(31), primary_key=True),
    Column("record_id", String(32), primary_key=True),
    Column("relying_party", String(128), nullable=False),
    Column("format_version", SmallInteger, nullable=False),
    Column("sealing_quorum_id", String(64), nullable=False),
    Column("present_quorum_id", String(64), nullable=False),
    Column("suite", String(64), nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("commitment", LargeBinary, nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
    Column("share_hashes", LargeBinary, nullable=False),
    Column("shares", LargeBinary, nullable=False),
    Column("share_quorum_ids", LargeBinary),
    ForeignKeyConstraint(["account_token"], ["accounts.account_token"]),
)
Table(
    "disclosure_openings",
    MAIN,
    Column("account_token", String(31), primary_key=True),
    Column("disclosure_id", String(32), primary_key=True),
    Column("entry_id", String(32), primary_key=True),
    Column("auditor_actor_id", String(32), nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("record_digest", LargeBinary, nullable=False),
    ForeignKeyConstraint(
        ["account_token", "disclosure_id"], ["disclosures.account_token", "disclosures.disclosure_id"]
    ),
    index(None, "auditor_actor_id", "opened_at"),
)
Table(
    "disclosure_budgets",
    MAIN,
    Column("actor_id", String(32), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("used", Integer, nullable=False),
)
Table(
    "disclosure_refusals",
    MAIN,
    Column("actor_id", String(32), primary_key=True),
    Column("reason", String(32), primary_key=True),
    Column("minute", BigInteger),
    Column("silent", Integer, nullable=False),
    index(None, "silent"),
)
Table(
    "drill_records",
    MAIN,
    Column("quorum_id", String(64), primary_key=True),
    Column("account_token", String(31), nullable=False),
    Column("relying_party", String(128), nullable=False),
    Column("record_id", String(32), nullable=False),
    Column("format_version", SmallInteger, nullable=False),
    Column("suite", String(64), nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("commitment", LargeBinary, nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
    Column("share_hashes", LargeBinary, nullable=False),
    Column("shares", LargeBinary, nullable=False),
    Column("entry_id", String(32), nullable=False),
    Column("made_at", BigInteger, nullable=False),
)
Table(
    "drill_passes",
    MAIN,
    Column("quorum_id", String(64), primary_key=True),
    Column("actor_id", String(32), primary_key=True),
    Column("signed_at", BigInteger, nullable=False),
    Column("passed_at", BigInteger, nullable=False),
    Column("entry_id", String(32), nullable=False),
)
Table(
    "ended_handovers",
    MAIN,
    Column("quorum_id", String(64), primary_key=True),
    Column("actor_id", String(32), primary_key=True),
    Column("ended_at", BigInteger, nullable=False),
)
Table(
    "handed_quorums",
    MAIN,
    Column("quorum_id", String(64), primary_key=True),
    Column("share_quorum_ids", LargeBinary, nullable=False),
)
Table(
    "log_entries",
    MAIN,
    Column("entry_id", String(32), primary_key=True),
    Column("log_index", BigInteger),
    Column("leaf", LargeBinary, nullable=False),
    Column("occurred_at", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    UniqueConstraint("log_index"),
    index("ix_log_entries_unsequenced", "recorded_at", "entry_id", **only("log_index IS NULL")),
)
Table(
    "log_head",
    MAIN,
    Column("singleton", SmallInteger, primary_key=True, autoincrement=False),
    Column("size", BigInteger, nullable=False),
    Column("tree", LargeBinary, nullable=False),
    Column("sequenced_at", BigInteger, nullable=False),
)
Table(
    "log_nodes",
    MAIN,
    Column("level", SmallInteger, primary_key=True, autoincrement=False),
    Column("node_index", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
)
Table(
    "log_openings",
    MAIN,
    Column("account_token", String(31), primary_key=True),
    Column("entry_id", String(32), primary_key=True),
    Column("opening_key", LargeBinary, nullable=False),
)
Table(
    "log_statements",
    MAIN,
    Column("singleton", SmallInteger, primary_key=True, autoincrement=False),
    Column("statements", LargeBinary, nullable=False),
)
Table(
    "moderator_papers",
    MAIN,
    Column("digest", String(64), primary_key=True),
    Column("paper", LargeBinary, nullable=False),
)
Table(
    "day_keys",
    MAIN,
    Column("day", String(16), primary_key=True),
    Column("suite", String(64), nullable=False),
    Column("public_key", LargeBinary, nullable=False),
)
Table(
    "key_versions",
    MAIN,
    Column("purpose", String(32), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("check_value", LargeBinary, nullable=False),
    Column("announced_at", BigInteger, nullable=False),
    Column("over_at", BigInteger),
)
Table(
    "budgets",
    MAIN,
    Column("name", String(128), primary_key=True),
    Column("next_at", BigInteger, nullable=False),
)
Table(
    "deployment",
    MAIN,
    Column("singleton", SmallInteger, primary_key=True, autoincrement=False),
    Column("deployment_id", String(64), nullable=False),
)
Table(
    "schema_floors",
    MAIN,
    Column("oldest_program", String(32), primary_key=True),
)
