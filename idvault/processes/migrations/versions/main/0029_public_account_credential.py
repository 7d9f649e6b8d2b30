"""Status credentials of public accounts."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.add_column("status_credentials", sa.Column("public_account_id", sa.String(length=32), nullable=True))
    where = sa.text("public_account_id IS NOT NULL")
    op.create_index(
        "ix_status_credentials_public",
        "status_credentials",
        ["number", "place"],
        postgresql_where=where,
        sqlite_where=where,
    )
