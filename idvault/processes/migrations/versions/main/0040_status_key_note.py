"""Adds the note in which the log's key vouches for a key that signs disclosure histories."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.add_column("status_keys", sa.Column("note", sa.LargeBinary(), nullable=True))
