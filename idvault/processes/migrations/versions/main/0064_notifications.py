"""Notifications: what happened, what each recipient is still to hear, and the messages."""

import sqlalchemy as sa
from alembic import op

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.create_table(
        "outbox",
        sa.Column(
            "place",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(),
            primary_key=True,
        ),
        sa.Column("event", sa.String(64), nullable=False),
        sa.Column("relying_party", sa.String(128), nullable=False),
        sa.Column("member_id", sa.String(32), nullable=False),
        sa.Column("thing", sa.String(32), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "notifications",
        sa.Column("message_id", sa.String(32), primary_key=True),
        sa.Column("recipient", sa.String(128), nullable=False),
        sa.Column("body", sa.String(2_000), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("failure", sa.String(32)),
        sa.Column("dead_at", sa.BigInteger()),
    )
    op.create_index(None, "notifications", ["dead_at", "next_at"])
    op.create_table(
        "notification_items",
        sa.Column("recipient", sa.String(128), primary_key=True),
        sa.Column("place", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("thing", sa.String(32), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.String(32)),
        sa.ForeignKeyConstraint(["message_id"], ["notifications.message_id"]),
    )
    op.create_index(None, "notification_items", ["message_id"])
    op.create_index(None, "notification_items", ["recipient", "thing"])
