"""Operators, transfers and standings of public accounts."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.add_column("public_accounts", sa.Column("offered_to", sa.String(length=31), nullable=True))
    op.add_column("public_accounts", sa.Column("offered_at", sa.BigInteger(), nullable=True))
    for table in ("public_accounts", "public_account_versions"):
        op.add_column(table, sa.Column("standing", sa.String(32), nullable=False, server_default="GOOD"))
        op.add_column(table, sa.Column("standing_until", sa.BigInteger(), nullable=True))
        op.add_column(table, sa.Column("later_standings", sa.String(length=200), nullable=True))
    op.create_table(
        "public_account_operators",
        sa.Column("account_token", sa.String(length=31), nullable=False),
        sa.Column("public_account_id", sa.String(length=32), nullable=False),
        sa.Column("operator_token", sa.String(length=31), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_token", "public_account_id"],
            ["public_accounts.account_token", "public_accounts.public_account_id"],
            name=op.f("fk_public_account_operators_account_token_public_account_id"),
        ),
        sa.PrimaryKeyConstraint(
            "account_token", "public_account_id", "operator_token", name=op.f("pk_public_account_operators")
        ),
    )
