"""The category of organisations: empty for everybody who was verified before there were any."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.add_column("accounts", sa.Column("organization_category", sa.String(length=32)))
