"""Proofs of other kinds than the match of name and number, and what is demanded of an account."""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.add_column("status_credentials", sa.Column("minimum_assurance", sa.String(32)))
    match, none = sa.text("'NUMBER_MATCH'"), sa.text("0")
    op.add_column("sessions", sa.Column("proof", sa.String(32), nullable=False, server_default=match))
    op.add_column("sessions", sa.Column("proofs", sa.SmallInteger(), nullable=False, server_default=none))
    op.add_column("sessions", sa.Column("proof_hash", sa.LargeBinary()))
    op.add_column("campaigns", sa.Column("minimum_assurance", sa.String(32)))
