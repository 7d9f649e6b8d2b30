"""Reports that a platform refers to an authority."""

import sqlalchemy as sa
from alembic import op

revision = "0072"
down_revision = "0071"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.add_column("tip_offs", sa.Column("referral_id", sa.String(32)))
    op.add_column("tip_offs", sa.Column("authority", sa.String(128)))
    op.add_column("tip_offs", sa.Column("authority_id", sa.String(32)))
    op.add_column("tip_offs", sa.Column("referral_state", sa.String(32)))
    op.add_column("tip_offs", sa.Column("referral_until", sa.BigInteger()))
    op.create_table(
        "tip_off_referrals",
        sa.Column("authority_id", sa.String(32), primary_key=True),
        sa.Column("referral_id", sa.String(32), primary_key=True),
        sa.Column("relying_party", sa.String(128), nullable=False),
        sa.Column("tip_off_id", sa.String(32), nullable=False),
        sa.Column("referred_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("salt", sa.LargeBinary()),
        sa.Column("accepted", sa.Boolean()),
        sa.Column("answered_at", sa.BigInteger()),
        sa.Column("answer", sa.LargeBinary()),
    )
    op.create_index(None, "tip_off_referrals", ["authority_id", "referred_at", "referral_id"])
    op.create_index(None, "tip_off_referrals", ["relying_party", "tip_off_id"])
