"""The tables of hosted verification sessions, of contests, disavowals and appeals against withdrawals."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    text,
)

from idvault.core.db.statement import Micros
from idvault.core.tables import ID, NAME, TOKEN, UUID, WORD, main

# A session belongs to a relying party: at a sign-up there is no account yet. Of secrets only hashes are kept.
# attempt_id: the id under which the request of the newest attempt is kept. proofs: how many were begun at a
# provider; proof_hash: what the newest is bound to.
sessions = Table(
    "sessions",
    main,
    Column("session_id", ID, primary_key=True),
    Column("relying_party", NAME, nullable=False),
    Column("account_token", TOKEN),
    Column("purpose", WORD, nullable=False),
    Column("return_url", String(1_000), nullable=False),
    Column("locale", String(35), nullable=False),
    Column("policy_version", String(64), nullable=False),
    Column("policy_text", String(4_000), nullable=False),
    Column("link_hash", LargeBinary, nullable=False),
    Column("created_at", Micros, nullable=False),
    Column("invitation_code_hash", LargeBinary),
    Column("browser_hash", LargeBinary),
    Column("bind_hash", LargeBinary),
    Column("bound_at", Micros),
    Column("agreed_at", Micros),
    Column("attempts", SmallInteger, nullable=False),
    Column("attempt_id", UUID),
    Column("proof", WORD, nullable=False, server_default=text("'NUMBER_MATCH'")),
    Column("proofs", SmallInteger, nullable=False, server_default=text("0")),
    Column("proof_hash", LargeBinary),
    UniqueConstraint("link_hash"),
    Index(None, "created_at"),
)

# text: sealed, with the version of the key that wraps its data key; null once it is deleted at delete_at.
# proposed_by, proposed_at, proposal_digest: of the moderator who wants to uphold it. rejected_by: who
# rejected the former contest of the verification, whose place this one took.
contests = Table(
    "contests",
    main,
    Column("account_token", TOKEN, primary_key=True),
    Column("contest_id", ID, primary_key=True),
    Column("relying_party", NAME, nullable=False),
    Column("claim_id", ID, nullable=False),
    Column("state", WORD, nullable=False),
    Column("filed_at", Micros, nullable=False),
    Column("due_at", Micros, nullable=False),
    Column("overdue_at", Micros),
    Column("decided_at", Micros),
    Column("reason", String(500), nullable=False),
    Column("key_version", WORD, nullable=False),
    Column("text", LargeBinary),
    Column("delete_at", Micros),
    Column("text_deleted_at", Micros),
    Column("proposed_by", ID),
    Column("proposed_at", Micros),
    Column("proposal_digest", LargeBinary),
    Column("decided_by", ID),
    Column("rejected_by", ID),
    ForeignKeyConstraint(["account_token", "claim_id"], ["claims.account_token", "claims.claim_id"]),
    UniqueConstraint("account_token", "claim_id"),
    Index(None, "relying_party", "contest_id"),
    Index(None, "relying_party", "filed_at", "contest_id"),
    Index(None, "relying_party", "state", "filed_at", "contest_id"),
    Index(
        "ix_contests_due",
        "overdue_at",
        "due_at",
        postgresql_where=text("state = 'FILED'"),
        sqlite_where=text("state = 'FILED'"),
    ),
    Index(
        "ix_contests_delete",
        "delete_at",
        postgresql_where=text("delete_at IS NOT NULL"),
        sqlite_where=text("delete_at IS NOT NULL"),
    ),
)

# Appeals against withdrawals. reinstated: whether the account got its verification back; null: not decided.
reinstatements = Table(
    "reinstatements",
    main,
    Column("account_token", TOKEN, primary_key=True),
    Column("reinstatement_id", ID, primary_key=True),
    Column("relying_party", NAME, nullable=False),
    Column("withdrawal_id", ID, nullable=False),
    Column("state", WORD, nullable=False),
    Column("filed_at", Micros, nullable=False),
    Column("due_at", Micros, nullable=False),
    Column("overdue_at", Micros),
    Column("decided_at", Micros),
    Column("reason", String(500), nullable=False),
    Column("key_version", WORD, nullable=False),
    Column("text", LargeBinary),
    Column("delete_at", Micros),
    Column("text_deleted_at", Micros),
    Column("proposed_by", ID),
    Column("proposed_at", Micros),
    Column("proposal_digest", LargeBinary),
    Column("decided_by", ID),
    Column("reinstated", Boolean),
    ForeignKeyConstraint(
        ["account_token", "withdrawal_id"], ["withdrawals.account_token", "withdrawals.withdrawal_id"]
    ),
    UniqueConstraint("account_token", "withdrawal_id"),
    Index(None, "relying_party", "reinstatement_id"),
    Index(None, "relying_party", "filed_at", "reinstatement_id"),
    Index(None, "relying_party", "state", "filed_at", "reinstatement_id"),
    Index(
        "ix_reinstatements_due",
        "overdue_at",
        "due_at",
        postgresql_where=text("state = 'FILED'"),
        sqlite_where=text("state = 'FILED'"),
    ),
    Index(
        "ix_reinstatements_delete",
        "delete_at",
        postgresql_where=text("delete_at IS NOT NULL"),
        sqlite_where=text("delete_at IS NOT NULL"),
    ),
)

# What a person said of an account in her name, until its platform is told at tell_at, a time drawn for it
# alone. When she said it is not kept: equal times would connect accounts of two platforms.
waiting_disavowals = Table(
    "waiting_disavowals",
    main,
    Column("account_token", TOKEN, primary_key=True),
    Column("relying_party", NAME, nullable=False),
    Column("person_id", ID, nullable=False),
    Column("tell_at", Micros, nullable=False),
    ForeignKeyConstraint(["account_token"], ["accounts.account_token"]),
    Index(None, "tell_at", "account_token"),
    # Rows would stand in the order in which one person disowned them.
    sqlite_with_rowid=False,
)

# What platforms were told. person_id: who said so, null once it is over. proposed_by, proposed_at,
# proposal_digest: of the moderator who wants to uphold it. rejected_by: who rejected the account's last one.
disavowals = Table(
    "disavowals",
    main,
    Column("account_token", TOKEN, primary_key=True),
    Column("disavowal_id", ID, primary_key=True),
    Column("relying_party", NAME, nullable=False),
    Column("person_id", ID),
    Column("state", WORD, nullable=False),
    Column("filed_at", Micros, nullable=False),
    Column("due_at", Micros, nullable=False),
    Column("overdue_at", Micros),
    Column("decided_at", Micros),
    Column("reason", String(500), nullable=False),
    Column("proposed_by", ID),
    Column("proposed_at", Micros),
    Column("proposal_digest", LargeBinary),
    Column("decided_by", ID),
    Column("rejected_by", ID),
    ForeignKeyConstraint(["account_token"], ["accounts.account_token"]),
    Index(None, "relying_party", "disavowal_id"),
    Index(None, "relying_party", "filed_at", "disavowal_id"),
    Index(None, "filed_at", "relying_party"),
    Index(
        "ix_disavowals_due",
        "overdue_at",
        "due_at",
        postgresql_where=text("state = 'FILED'"),
        sqlite_where=text("state = 'FILED'"),
    ),
)

# A look at the accounts in somebody's name, on the operator's page: no platform, no account, no person.
# inquiry_id: a hash of the browser's key. proof_hash: what its one proof is bound to. shown_at: when the list
# was shown.
inquiries = Table(
    "inquiries",
    main,
    Column("inquiry_id", ID, primary_key=True),
    Column("proof_hash", LargeBinary, nullable=False),
    Column("began_at", Micros, nullable=False),
    Column("shown_at", Micros),
    Index(None, "began_at"),
)

# Who asked for the list, by a blind index like those of persons, but of no platform: nothing but the index
# keys connects the two.
account_lists = Table(
    "account_lists",
    main,
    Column("person_index", LargeBinary, primary_key=True),
    Column("asked_at", Micros, nullable=False),
    Index(None, "asked_at"),
)
