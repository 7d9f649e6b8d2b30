"""Roster members: the files of adopted rosters, proposals and signatures, requests, second factors."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.create_table(
        "roster_versions",
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("file", sa.LargeBinary(), nullable=False),
        sa.Column("adopted_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_roster_versions")),
        sa.UniqueConstraint("digest", name=op.f("uq_roster_versions_digest")),
    )
    op.create_table(
        "roster_proposals",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("file", sa.LargeBinary(), nullable=False),
        sa.Column("proposed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_roster_proposals")),
    )
    op.create_index(op.f("ix_roster_proposals_version"), "roster_proposals", ["version"], unique=False)
    op.create_table(
        "roster_signatures",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("signed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["digest"], ["roster_proposals.digest"], name=op.f("fk_roster_signatures_digest")
        ),
        sa.PrimaryKeyConstraint("digest", "name", name=op.f("pk_roster_signatures")),
    )
    op.create_table(
        "person_requests",
        sa.Column("actor_id", sa.String(length=32), nullable=False),
        sa.Column("request_id", sa.String(length=36), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("actor_id", "request_id", name=op.f("pk_person_requests")),
    )
    op.create_index(op.f("ix_person_requests_made_at"), "person_requests", ["made_at"], unique=False)
    op.create_table(
        "second_factors",
        sa.Column("actor_id", sa.String(length=32), nullable=False),
        sa.Column("active", sa.LargeBinary(), nullable=True),
        sa.Column("pending", sa.LargeBinary(), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("locks", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("actor_id", name=op.f("pk_second_factors")),
    )
