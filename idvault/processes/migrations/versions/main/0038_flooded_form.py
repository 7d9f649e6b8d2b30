"""Counts the reports of each form and day, and marks those that came by a flooded one."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.add_column("tip_offs", sa.Column("flooded", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "tip_off_form_days",
        sa.Column("relying_party", sa.String(length=128), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("filed", sa.Integer(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("relying_party", "day", name=op.f("pk_tip_off_form_days")),
    )
