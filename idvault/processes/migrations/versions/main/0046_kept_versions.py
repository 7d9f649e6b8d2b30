"""Keep every former version of a record for some days, and a held one until its hold ends."""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    # A version that is kept already is due once the last disclosure of it has ended.
    op.add_column("kept_records", sa.Column("due_at", sa.BigInteger()))
    op.add_column("kept_records", sa.Column("kept_until", sa.BigInteger()))
    op.add_column("kept_records", sa.Column("settle_entry_id", sa.String(length=32)))
    op.add_column("kept_records", sa.Column("ended_at", sa.BigInteger()))
    op.create_index("ix_kept_records_due_at", "kept_records", ["due_at"])
    op.add_column("erasures", sa.Column("kept_until", sa.BigInteger()))
