"""Decisions about reports that wait for a second moderator."""

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0056"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.add_column("tip_offs", sa.Column("proposal_id", sa.String(32)))
    op.add_column("tip_offs", sa.Column("proposal_until", sa.BigInteger()))
