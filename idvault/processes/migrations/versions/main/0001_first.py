"""The first schema of the main database."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.create_table(
        "accounts",
        sa.Column("account_token", sa.String(length=31), nullable=False),
        sa.Column("relying_party", sa.String(length=128), nullable=False),
        sa.Column("subject_kind", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("standing", sa.String(length=32), nullable=False),
        sa.Column("assurance", sa.String(length=32), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("verify_date", sa.String(length=10), nullable=True),
        sa.Column("expire_date", sa.String(length=10), nullable=True),
        sa.Column("person_id", sa.String(length=32), nullable=True),
        sa.Column("open_claim_id", sa.String(length=32), nullable=True),
        sa.Column("claim_ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("account_token", name=op.f("pk_accounts")),
    )
    op.create_index(
        op.f("ix_accounts_state_claim_ended_at"), "accounts", ["state", "claim_ended_at"], unique=False
    )
    op.create_index(op.f("ix_accounts_state_expire_date"), "accounts", ["state", "expire_date"], unique=False)

    op.create_table(
        "budgets",
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_budgets")),
    )
    op.create_table(
        "day_keys",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("suite", sa.String(length=64), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_day_keys")),
    )
    op.create_table(
        "deployment",
        sa.Column("singleton", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("deployment_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("singleton", name=op.f("pk_deployment")),
    )
    op.create_table(
        "log_entries",
        sa.Column("entry_id", sa.String(length=32), nullable=False),
        sa.Column("log_index", sa.BigInteger(), nullable=True),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_log_entries")),
        sa.UniqueConstraint("log_index", name=op.f("uq_log_entries_log_index")),
    )
    op.create_table(
        "log_openings",
        sa.Column("account_token", sa.String(length=31), nullable=False),
        sa.Column("entry_id", sa.String(length=32), nullable=False),
        sa.Column("opening_key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("account_token", "entry_id", name=op.f("pk_log_openings")),
    )
    op.create_table(
        "mismatches",
        sa.Column("relying_party", sa.String(length=128), nullable=False),
        sa.Column("limiter_key", sa.LargeBinary(), nullable=False),
        sa.Column("claim_id", sa.String(length=32), nullable=False),
        sa.Column("happened_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("relying_party", "limiter_key", "claim_id", name=op.f("pk_mismatches")),
    )
    op.create_index(op.f("ix_mismatches_happened_at"), "mismatches", ["happened_at"], unique=False)

    op.create_table(
        "persons",
        sa.Column("relying_party", sa.String(length=128), nullable=False),
        sa.Column("person_index", sa.LargeBinary(), nullable=False),
        sa.Column("index_version", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("accounts", sa.Integer(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.CheckConstraint("accounts >= 0", name=op.f("ck_persons_accounts")),
        sa.PrimaryKeyConstraint("relying_party", "person_index", name=op.f("pk_persons")),
        sa.UniqueConstraint("relying_party", "person_id", name=op.f("uq_persons_relying_party_person_id")),
    )
    op.create_index(op.f("ix_persons_index_version"), "persons", ["index_version"], unique=False)

    op.create_table(
        "platforms",
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("actor_id", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_platforms")),
    )
    op.create_table(
        "requests",
        sa.Column("relying_party", sa.String(length=128), nullable=False),
        sa.Column("request_id", sa.String(length=36), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("account_token", sa.String(length=31), nullable=False),
        sa.Column("claim_id", sa.String(length=32), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("relying_party", "request_id", name=op.f("pk_requests")),
    )
    op.create_index(op.f("ix_requests_made_at"), "requests", ["made_at"], unique=False)

    op.create_table(
        "roster",
        sa.Column("singleton", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("adopted_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("singleton", name=op.f("pk_roster")),
    )
    op.create_table(
        "claims",
        sa.Column("account_token", sa.String(length=31), nullable=False),
        sa.Column("claim_id", sa.String(length=32), nullable=False),
        sa.Column("relying_party", sa.String(length=128), nullable=False),
        sa.Column("request_id", sa.String(length=36), nullable=False),
        sa.Column("subject_kind", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("failure_reason", sa.String(length=32), nullable=True),
        sa.Column("policy_version", sa.String(length=64), nullable=False),
        sa.Column("agree_time", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("slot", sa.String(length=32), nullable=False),
        sa.Column("person_closed", sa.Boolean(), nullable=False),
        sa.Column("different_owner", sa.Boolean(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_token"], ["accounts.account_token"], name=op.f("fk_claims_account_token")
        ),
        sa.PrimaryKeyConstraint("account_token", "claim_id", name=op.f("pk_claims")),
    )
    op.create_index(op.f("ix_claims_state_opened_at"), "claims", ["state", "opened_at"], unique=False)

    op.create_table(
        "platform_keys",
        sa.Column("spki", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("registered_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["name"], ["platforms.name"], name=op.f("fk_platform_keys_name")),
        sa.PrimaryKeyConstraint("spki", name=op.f("pk_platform_keys")),
    )
    op.create_table(
        "records",
        sa.Column("account_token", sa.String(length=31), nullable=False),
        sa.Column("relying_party", sa.String(length=128), nullable=False),
        sa.Column("record_id", sa.String(length=32), nullable=False),
        sa.Column("format_version", sa.SmallInteger(), nullable=False),
        sa.Column("sealing_quorum_id", sa.String(length=64), nullable=False),
        sa.Column("present_quorum_id", sa.String(length=64), nullable=False),
        sa.Column("suite", sa.String(length=64), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("commitment", sa.LargeBinary(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("share_hashes", sa.LargeBinary(), nullable=False),
        sa.Column("shares", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_token"], ["accounts.account_token"], name=op.f("fk_records_account_token")
        ),
        sa.PrimaryKeyConstraint("account_token", name=op.f("pk_records")),
    )
    op.create_index(op.f("ix_records_present_quorum_id"), "records", ["present_quorum_id"], unique=False)

    op.create_table(
        "checks",
        sa.Column("account_token", sa.String(length=31), nullable=False),
        sa.Column("claim_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("ai", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_token", "claim_id"],
            ["claims.account_token", "claims.claim_id"],
            name=op.f("fk_checks_account_token_claim_id"),
        ),
        sa.PrimaryKeyConstraint("account_token", "claim_id", "position", name=op.f("pk_checks")),
    )
    op.create_table(
        "intakes",
        sa.Column("account_token", sa.String(length=31), nullable=False),
        sa.Column("claim_id", sa.String(length=32), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_token", "claim_id"],
            ["claims.account_token", "claims.claim_id"],
            name=op.f("fk_intakes_account_token_claim_id"),
        ),
        sa.PrimaryKeyConstraint("account_token", "claim_id", name=op.f("pk_intakes")),
    )
    op.create_table(
        "jobs",
        sa.Column("account_token", sa.String(length=31), nullable=False),
        sa.Column("claim_id", sa.String(length=32), nullable=False),
        sa.Column("relying_party", sa.String(length=128), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("check_index", sa.SmallInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.Column("resends", sa.Integer(), nullable=False),
        sa.Column("lease_id", sa.String(length=32), nullable=True),
        sa.Column("leased_until", sa.BigInteger(), nullable=True),
        sa.Column("limiter_key", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_token", "claim_id"],
            ["claims.account_token", "claims.claim_id"],
            name=op.f("fk_jobs_account_token_claim_id"),
        ),
        sa.PrimaryKeyConstraint("account_token", "claim_id", name=op.f("pk_jobs")),
    )
    op.create_index(
        "ix_jobs_open",
        "jobs",
        ["next_at"],
        unique=False,
        postgresql_where=sa.text("state <> 'DONE'"),
        sqlite_where=sa.text("state <> 'DONE'"),
    )
