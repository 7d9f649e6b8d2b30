"""Sanctions whose target is a public account."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.add_column("sanctions", sa.Column("public_account_id", sa.String(length=32), nullable=True))
