"""Offers of public accounts are found by whom they are made to."""

import sqlalchemy as sa
from alembic import op

revision = "0078"
down_revision = "0077"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    present = sa.text("offered_to IS NOT NULL")
    op.create_index(
        "ix_public_accounts_offered",
        "public_accounts",
        ["offered_to", "offered_at"],
        postgresql_where=present,
        sqlite_where=present,
    )
