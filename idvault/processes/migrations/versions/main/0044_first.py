"""The first schema of the main database."""

from alembic import op

from idvault.processes.migrations import first
from idvault.processes.migrations.first import deployment, identity, moderation

revision = "0044"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (identity, moderation, deployment)


def upgrade() -> None:
    """Bring the schema to this version."""
    first.create(op.get_bind())
