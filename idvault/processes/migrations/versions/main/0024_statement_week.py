"""An index of sanctions by when they came into force, for the statements that are published each week."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    where = sa.text("started_at IS NOT NULL")
    op.create_index(
        "ix_sanctions_started", "sanctions", ["started_at"], postgresql_where=where, sqlite_where=where
    )
