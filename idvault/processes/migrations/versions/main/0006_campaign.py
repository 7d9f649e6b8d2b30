"""Legacy accounts, the campaigns that encourage their owners to verify, and their invitations."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.create_table(
        "legacy_accounts",
        sa.Column("account_token", sa.String(length=31), nullable=False),
        sa.Column("relying_party", sa.String(length=128), nullable=False),
        sa.Column("reference", sa.LargeBinary(), nullable=False),
        sa.Column("import_id", sa.String(length=32), nullable=False),
        sa.Column("label", sa.String(length=64), nullable=False),
        sa.Column("create_date", sa.String(length=10), nullable=False),
        sa.Column("verified_on", sa.String(length=10), nullable=True),
        sa.Column("limited_by", sa.String(length=32), nullable=True),
        sa.Column("limited_from", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("account_token", name=op.f("pk_legacy_accounts")),
        sa.UniqueConstraint(
            "relying_party", "reference", name=op.f("uq_legacy_accounts_relying_party_reference")
        ),
    )
    op.create_index(
        op.f("ix_legacy_accounts_relying_party_label"), "legacy_accounts", ["relying_party", "label"]
    )
    op.create_index(op.f("ix_legacy_accounts_limited_by"), "legacy_accounts", ["limited_by"])
    op.create_table(
        "campaigns",
        sa.Column("campaign_id", sa.String(length=32), nullable=False),
        sa.Column("relying_party", sa.String(length=128), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("title", sa.String(length=100), nullable=False),
        sa.Column("label", sa.String(length=64), nullable=False),
        sa.Column("created_from", sa.String(length=10), nullable=True),
        sa.Column("created_before", sa.String(length=10), nullable=True),
        sa.Column("methods", sa.String(length=128), nullable=False),
        sa.Column("daily_limit", sa.Integer(), nullable=False),
        sa.Column("reminder_days", sa.String(length=64), nullable=False),
        sa.Column("quiet_start", sa.String(length=5), nullable=True),
        sa.Column("quiet_end", sa.String(length=5), nullable=True),
        sa.Column("quiet_zone", sa.String(length=64), nullable=True),
        sa.Column("incentive_text", sa.String(length=500), nullable=False),
        sa.Column("enforcement_date", sa.String(length=10), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("delivered_on", sa.String(length=10), nullable=True),
        sa.Column("delivered", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", name=op.f("pk_campaigns")),
    )
    op.create_index(
        op.f("ix_campaigns_relying_party_created_at"), "campaigns", ["relying_party", "created_at"]
    )
    op.create_index(op.f("ix_campaigns_state"), "campaigns", ["state"])
    op.create_table(
        "campaign_days",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("delivered", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_campaign_days")),
    )
    op.create_table(
        "invitations",
        sa.Column("account_token", sa.String(length=31), nullable=False),
        sa.Column("campaign_id", sa.String(length=32), nullable=False),
        sa.Column("method", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("deliveries", sa.SmallInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("batch_id", sa.String(length=32), nullable=True),
        sa.Column("leased_until", sa.BigInteger(), nullable=True),
        sa.Column("code_hash", sa.LargeBinary(), nullable=True),
        sa.Column("code_expires_at", sa.BigInteger(), nullable=True),
        sa.Column("code_used", sa.Boolean(), nullable=False),
        *(
            sa.Column(f"{stage}_on", sa.String(length=10), nullable=True)
            for stage in (
                "invited",
                "shown",
                "opened",
                "later",
                "dismissed",
                "completed",
                "verified",
                "failed",
            )
        ),
        sa.PrimaryKeyConstraint("account_token", "campaign_id", name=op.f("pk_invitations")),
    )
    op.create_index(
        op.f("ix_invitations_campaign_id_state_due_at"), "invitations", ["campaign_id", "state", "due_at"]
    )
    op.create_index(op.f("ix_invitations_batch_id"), "invitations", ["batch_id"])
