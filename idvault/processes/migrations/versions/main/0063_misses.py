"""When the cases of missed deadlines were filed."""

import sqlalchemy as sa
from alembic import op

revision = "0063"
down_revision = "0060"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.create_table(
        "log_misses",
        sa.Column("entry_id", sa.String(32), primary_key=True),
        sa.Column("filed_at", sa.BigInteger(), nullable=False),
    )
