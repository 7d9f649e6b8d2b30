"""Proofs of addresses: codes, the mails that take them there, and how many a mailbox had on a day."""

import sqlalchemy as sa
from alembic import op

revision = "0073"
down_revision = "0072"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.create_table(
        "contact_proofs",
        sa.Column("relying_party", sa.String(128), primary_key=True),
        sa.Column("proof_id", sa.String(32), primary_key=True),
        sa.Column("reporter_id", sa.String(32), nullable=False),
        sa.Column("mailbox", sa.String(32), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("key_version", sa.String(32), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("proved_at", sa.BigInteger()),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
    )
    op.create_index(None, "contact_proofs", ["expires_at"])
    op.create_table(
        "contact_mails",
        sa.Column("mail_id", sa.String(32), primary_key=True),
        sa.Column("key_day", sa.String(16), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.BigInteger()),
    )
    op.create_index(None, "contact_mails", ["next_at"])
    op.create_index(None, "contact_mails", ["expires_at"])
    op.create_table(
        "contact_counts",
        sa.Column("mailbox", sa.String(32), primary_key=True),
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("count", sa.Integer(), nullable=False),
    )
    op.create_index(None, "contact_counts", ["day"])
    op.create_table(
        "contact_offers",
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
    )
