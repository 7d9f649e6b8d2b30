"""What platforms used in a month."""

import sqlalchemy as sa
from alembic import op

revision = "0065"
down_revision = "0064"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.create_table(
        "platform_usage",
        sa.Column("relying_party", sa.String(128), primary_key=True),
        sa.Column("month", sa.String(7), primary_key=True),
        sa.Column("what", sa.String(96), primary_key=True),
        sa.Column("number", sa.BigInteger(), nullable=False),
    )
