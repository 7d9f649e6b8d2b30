"""Puts the log in order: adds entry times, the head and the hashes of complete subtrees."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.add_column("log_entries", sa.Column("recorded_at", sa.BigInteger(), nullable=True))
    # The real time of older entries was not recorded; the business time is the closest known value.
    op.execute("UPDATE log_entries SET recorded_at = occurred_at")
    with op.batch_alter_table("log_entries") as table:
        table.alter_column("recorded_at", existing_type=sa.BigInteger(), nullable=False)
    op.create_index(
        "ix_log_entries_unsequenced",
        "log_entries",
        ["recorded_at", "entry_id"],
        unique=False,
        postgresql_where=sa.text("log_index IS NULL"),
        sqlite_where=sa.text("log_index IS NULL"),
    )
    op.create_table(
        "log_head",
        sa.Column("singleton", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("tree", sa.LargeBinary(), nullable=False),
        sa.Column("sequenced_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("singleton", name=op.f("pk_log_head")),
    )
    op.create_table(
        "log_nodes",
        sa.Column("level", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("node_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "node_index", name=op.f("pk_log_nodes")),
    )
