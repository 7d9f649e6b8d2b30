"""Hosted verification sessions, and how their pages present a platform."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_HASHES = ("invitation_code_hash", "browser_hash", "bind_hash")


def upgrade() -> None:
    """Bring the schema to this version."""
    op.create_table(
        "platform_pages",
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("origins", sa.String(length=10_010), nullable=False),
        sa.ForeignKeyConstraint(["name"], ["platforms.name"], name=op.f("fk_platform_pages_name")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_platform_pages")),
    )
    op.create_table(
        "sessions",
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("relying_party", sa.String(length=128), nullable=False),
        sa.Column("account_token", sa.String(length=31), nullable=True),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("return_url", sa.String(length=1_000), nullable=False),
        sa.Column("locale", sa.String(length=35), nullable=False),
        sa.Column("policy_version", sa.String(length=64), nullable=False),
        sa.Column("policy_text", sa.String(length=4_000), nullable=False),
        sa.Column("link_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.LargeBinary(), nullable=True) for name in _HASHES),
        sa.Column("bound_at", sa.BigInteger(), nullable=True),
        sa.Column("agreed_at", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("attempt_id", sa.String(length=36), nullable=True),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("link_hash", name=op.f("uq_sessions_link_hash")),
    )
    op.create_index(op.f("ix_sessions_created_at"), "sessions", ["created_at"])
