"""Withdrawals are found by whose they were, also when the account was verified again."""

import sqlalchemy as sa
from alembic import op

revision = "0075"
down_revision = "0074"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    present = sa.text("person_id IS NOT NULL")
    op.create_index(
        "ix_withdrawals_whose", "withdrawals", ["person_id"], postgresql_where=present, sqlite_where=present
    )
