"""Drills: a drill record for each quorum, and when each custodian last passed."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.create_table(
        "drill_records",
        sa.Column("quorum_id", sa.String(length=64), nullable=False),
        sa.Column("account_token", sa.String(length=31), nullable=False),
        sa.Column("relying_party", sa.String(length=128), nullable=False),
        sa.Column("record_id", sa.String(length=32), nullable=False),
        sa.Column("format_version", sa.SmallInteger(), nullable=False),
        sa.Column("suite", sa.String(length=64), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("commitment", sa.LargeBinary(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("share_hashes", sa.LargeBinary(), nullable=False),
        sa.Column("shares", sa.LargeBinary(), nullable=False),
        sa.Column("entry_id", sa.String(length=32), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("quorum_id", name=op.f("pk_drill_records")),
    )
    op.create_table(
        "drill_passes",
        sa.Column("quorum_id", sa.String(length=64), nullable=False),
        sa.Column("actor_id", sa.String(length=32), nullable=False),
        sa.Column("signed_at", sa.BigInteger(), nullable=False),
        sa.Column("passed_at", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("quorum_id", "actor_id", name=op.f("pk_drill_passes")),
    )
