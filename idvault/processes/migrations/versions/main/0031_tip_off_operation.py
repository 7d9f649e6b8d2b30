"""Reports belong to operations."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.add_column("tip_offs", sa.Column("operation_id", sa.String(length=32), nullable=True))
    where = sa.text("operation_id IS NOT NULL")
    op.create_index(
        "ix_tip_offs_operation",
        "tip_offs",
        ["relying_party", "operation_id", "queue", "due_at", "tip_off_id"],
        postgresql_where=where,
        sqlite_where=where,
    )
