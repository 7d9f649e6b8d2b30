"""Pairings of two document numbers can be contested, and fall unless a second key confirms them."""

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.add_column("person_marks", sa.Column("signer", sa.String(32)))
    op.add_column("person_marks", sa.Column("confirmed", sa.Boolean()))
    op.add_column("person_marks", sa.Column("contested_at", sa.BigInteger()))
    op.add_column("person_marks", sa.Column("fallen_id", sa.String(32)))
    fallen = sa.text("fallen_id IS NOT NULL")
    op.create_index(
        "ix_person_marks_fallen",
        "person_marks",
        ["relying_party", "fallen_id"],
        postgresql_where=fallen,
        sqlite_where=fallen,
    )
    contested = sa.text("contested_at IS NOT NULL")
    op.create_index(
        "ix_person_marks_contested",
        "person_marks",
        ["contested_at"],
        postgresql_where=contested,
        sqlite_where=contested,
    )
