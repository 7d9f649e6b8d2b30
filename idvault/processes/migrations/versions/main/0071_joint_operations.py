"""Operations of several platforms, which an authority opens."""

import sqlalchemy as sa
from alembic import op

revision = "0071"
down_revision = "0070"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.add_column("operations", sa.Column("signed", sa.LargeBinary()))
    op.add_column("operations", sa.Column("end_at", sa.BigInteger()))
    waiting = sa.text("end_at IS NOT NULL AND closed_at IS NULL")
    op.create_index(
        "ix_operations_end", "operations", ["end_at"], postgresql_where=waiting, sqlite_where=waiting
    )
    op.create_table(
        "joint_operations",
        sa.Column("operation_id", sa.String(32), primary_key=True),
        sa.Column("issuer", sa.String(32), nullable=False),
        sa.Column("signed", sa.LargeBinary(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("begin_at", sa.BigInteger(), nullable=False),
        sa.Column("end_at", sa.BigInteger(), nullable=False),
    )
    op.create_index(None, "joint_operations", ["issuer", "opened_at", "operation_id"])
