"""Which proofs of people a platform accepts."""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.add_column("platforms", sa.Column("proofs", sa.String(100)))
