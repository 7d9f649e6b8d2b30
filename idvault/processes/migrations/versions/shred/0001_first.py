"""The first schema of the shred database."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.create_table(
        "deployment",
        sa.Column("singleton", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("deployment_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("singleton", name=op.f("pk_deployment")),
    )
    op.create_table(
        "shred_keys",
        sa.Column("account_token", sa.String(length=31), nullable=False),
        sa.Column("shred_key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("account_token", name=op.f("pk_shred_keys")),
    )
