"""Campaigns that ask verified accounts for more: how far each has looked for them."""

import sqlalchemy as sa
from alembic import op

revision = "0066"
down_revision = "0065"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    start = sa.text("0")
    op.add_column("campaigns", sa.Column("looked_to", sa.BigInteger(), nullable=False, server_default=start))
