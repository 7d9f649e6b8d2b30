"""The hosted pages show a platform's colour."""

import sqlalchemy as sa
from alembic import op

revision = "0079"
down_revision = "0078"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.add_column("platform_pages", sa.Column("colour", sa.String(7), nullable=False, server_default=""))
