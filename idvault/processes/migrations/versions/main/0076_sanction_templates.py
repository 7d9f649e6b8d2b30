"""Templates of sanctions, which a platform keeps."""

import sqlalchemy as sa
from alembic import op

revision = "0076"
down_revision = "0075"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.create_table(
        "sanction_templates",
        sa.Column("relying_party", sa.String(128), primary_key=True),
        sa.Column("template_id", sa.String(32), primary_key=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(64), nullable=False),
        sa.Column("rule_reference", sa.String(200), nullable=False),
        sa.Column("ground", sa.String(32), nullable=False),
        sa.Column("category", sa.String(32), nullable=False),
        sa.Column("degree", sa.String(32), nullable=False),
        sa.Column("measure", sa.String(64), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("territory", sa.String(64), nullable=False),
        sa.Column("redress", sa.String(500), nullable=False),
    )
    op.create_index(None, "sanction_templates", ["relying_party", "made_at", "template_id"])
