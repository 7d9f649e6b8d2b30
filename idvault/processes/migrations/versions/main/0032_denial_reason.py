"""Denials hold a reason, and are encrypted at rest."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.add_column("disclosure_decisions", sa.Column("key_version", sa.String(length=32), nullable=True))
