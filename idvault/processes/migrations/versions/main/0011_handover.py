"""Hand-overs: the quorum of each share, and who holds the shares that were handed over."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.add_column("records", sa.Column("share_quorum_ids", sa.LargeBinary(), nullable=True))
    op.drop_index("ix_records_present_quorum_id", "records")
    op.create_index(
        op.f("ix_records_present_quorum_id_account_token"), "records", ["present_quorum_id", "account_token"]
    )
    op.create_table(
        "handed_quorums",
        sa.Column("quorum_id", sa.String(length=64), nullable=False),
        sa.Column("share_quorum_ids", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("quorum_id", name=op.f("pk_handed_quorums")),
    )
