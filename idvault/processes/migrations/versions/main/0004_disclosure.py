"""Disclosures: requests, decisions with re-sealed shares, openings, budgets, refusals."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.create_table(
        "disclosures",
        sa.Column("account_token", sa.String(length=31), nullable=False),
        sa.Column("disclosure_id", sa.String(length=32), nullable=False),
        sa.Column("auditor", sa.String(length=128), nullable=False),
        sa.Column("auditor_actor_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("record_id", sa.String(length=32), nullable=False),
        sa.Column("openings", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expire_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("opened", sa.SmallInteger(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=True),
        sa.Column("key_version", sa.String(length=32), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("threshold", sa.SmallInteger(), nullable=False),
        sa.Column("entry_id", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("account_token", "disclosure_id", name=op.f("pk_disclosures")),
        sa.UniqueConstraint("disclosure_id", name=op.f("uq_disclosures_disclosure_id")),
        sa.UniqueConstraint(
            "auditor_actor_id", "number", name=op.f("uq_disclosures_auditor_actor_id_number")
        ),
    )
    op.create_index(op.f("ix_disclosures_key_version"), "disclosures", ["key_version"], unique=False)
    op.create_index(
        op.f("ix_disclosures_state_expire_at"), "disclosures", ["state", "expire_at"], unique=False
    )
    op.create_table(
        "disclosure_decisions",
        sa.Column("account_token", sa.String(length=31), nullable=False),
        sa.Column("disclosure_id", sa.String(length=32), nullable=False),
        sa.Column("place", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("custodian", sa.String(length=128), nullable=False),
        sa.Column("custodian_actor_id", sa.String(length=32), nullable=False),
        sa.Column("verdict", sa.String(length=32), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.Column("signed", sa.LargeBinary(), nullable=False),
        sa.Column("resealed", sa.LargeBinary(), nullable=True),
        sa.Column("entry_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_token", "disclosure_id"],
            ["disclosures.account_token", "disclosures.disclosure_id"],
            name=op.f("fk_disclosure_decisions_account_token_disclosure_id"),
        ),
        sa.PrimaryKeyConstraint(
            "account_token", "disclosure_id", "place", name=op.f("pk_disclosure_decisions")
        ),
        sa.UniqueConstraint(
            "disclosure_id", "custodian", name=op.f("uq_disclosure_decisions_disclosure_id_custodian")
        ),
    )
    op.create_table(
        "disclosure_openings",
        sa.Column("account_token", sa.String(length=31), nullable=False),
        sa.Column("disclosure_id", sa.String(length=32), nullable=False),
        sa.Column("entry_id", sa.String(length=32), nullable=False),
        sa.Column("auditor_actor_id", sa.String(length=32), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("record_digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_token", "disclosure_id"],
            ["disclosures.account_token", "disclosures.disclosure_id"],
            name=op.f("fk_disclosure_openings_account_token_disclosure_id"),
        ),
        sa.PrimaryKeyConstraint(
            "account_token", "disclosure_id", "entry_id", name=op.f("pk_disclosure_openings")
        ),
    )
    op.create_index(
        op.f("ix_disclosure_openings_auditor_actor_id_opened_at"),
        "disclosure_openings",
        ["auditor_actor_id", "opened_at"],
        unique=False,
    )
    op.create_table(
        "disclosure_budgets",
        sa.Column("actor_id", sa.String(length=32), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("actor_id", "day", name=op.f("pk_disclosure_budgets")),
    )
    op.create_table(
        "disclosure_refusals",
        sa.Column("actor_id", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("minute", sa.BigInteger(), nullable=True),
        sa.Column("silent", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("actor_id", "reason", name=op.f("pk_disclosure_refusals")),
    )
    op.create_index(op.f("ix_disclosure_refusals_silent"), "disclosure_refusals", ["silent"], unique=False)
