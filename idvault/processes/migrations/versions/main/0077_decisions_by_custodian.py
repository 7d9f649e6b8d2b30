"""Decisions about disclosures by custodian, for the history of their own decisions."""

from alembic import op

revision = "0077"
down_revision = "0076"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.create_index(None, "disclosure_decisions", ["custodian_actor_id", "decided_at"])
