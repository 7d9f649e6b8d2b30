"""The organisation category: null for accounts that were verified before it existed."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.add_column("accounts", sa.Column("organization_category", sa.String(length=32)))
