"""Documents that reviewers signed to have seen."""

import sqlalchemy as sa
from alembic import op

revision = "0067"
down_revision = "0066"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.create_table(
        "reviews",
        sa.Column("account_token", sa.String(31), primary_key=True),
        sa.Column("review_id", sa.String(32), primary_key=True),
        sa.Column("relying_party", sa.String(128), nullable=False),
        sa.Column("sign_up", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("policy_version", sa.String(64), nullable=False),
        sa.Column("agreed_at", sa.BigInteger(), nullable=False),
        sa.Column("invitation_code_hash", sa.LargeBinary()),
        sa.Column("reviewer_id", sa.String(32), nullable=False),
        sa.Column("reviewed_at", sa.BigInteger(), nullable=False),
        sa.Column("paper", sa.LargeBinary(), nullable=False),
        sa.Column("confirmed_by", sa.String(32)),
        sa.Column("confirmed_at", sa.BigInteger()),
        sa.Column("confirm_paper", sa.LargeBinary()),
    )
    for columns in (
        ["relying_party", "review_id"],
        ["relying_party", "reviewed_at", "review_id"],
        ["relying_party", "reviewer_id", "reviewed_at"],
        ["relying_party", "confirmed_by", "confirmed_at"],
        ["reviewed_at"],
    ):
        op.create_index(None, "reviews", columns)
