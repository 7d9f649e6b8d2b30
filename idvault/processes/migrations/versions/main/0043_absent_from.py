"""Adds from when on the bytes of an erased account's key are in no file."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.add_column("erasures", sa.Column("absent_from", sa.BigInteger(), nullable=True))
