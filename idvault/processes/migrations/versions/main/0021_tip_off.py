"""Reports of rumours, their texts, their reporters, and tries of their secrets."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_PARTIAL = {
    "ix_tip_offs_merged_into": (["relying_party", "merged_into"], "merged_into IS NOT NULL"),
    "ix_tip_offs_remind_at": (["remind_at"], "remind_at IS NOT NULL"),
    "ix_tip_offs_open": (["due_at", "state"], "resolved_at IS NULL"),
    "ix_tip_offs_kept": (["resolved_at"], "deleted_at IS NULL AND resolved_at IS NOT NULL"),
}
_LISTS = {
    "queue": (),
    "state": ("state",),
    "category": ("category",),
    "target": ("target", "target_kind"),
    "assignee": ("assignee",),
}


def upgrade() -> None:
    """Bring the schema to this version."""
    _create_tip_offs()
    op.create_index("ix_tip_offs_reference", "tip_offs", ["relying_party", "reference"], unique=True)
    for name, columns in _LISTS.items():
        place = ("queue", "due_at", "tip_off_id")
        op.create_index(f"ix_tip_offs_{name}", "tip_offs", ["relying_party", *columns, *place])
    for name, (columns, condition) in _PARTIAL.items():
        op.create_index(
            name,
            "tip_offs",
            columns,
            postgresql_where=sa.text(condition),
            sqlite_where=sa.text(condition),
        )
    _create_texts()
    _create_reporters()


def _create_tip_offs() -> None:
    op.create_table(
        "tip_offs",
        sa.Column("relying_party", sa.String(length=128), nullable=False),
        sa.Column("tip_off_id", sa.String(length=32), nullable=False),
        sa.Column("reference", sa.String(length=12), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("target_kind", sa.String(length=32), nullable=False),
        sa.Column("target", sa.String(length=200), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("evidence", sa.LargeBinary(), nullable=False),
        sa.Column("reporter_id", sa.String(length=32), nullable=True),
        sa.Column("trusted", sa.Boolean(), nullable=False),
        sa.Column("filed_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("secret_key", sa.String(length=32), nullable=False),
        sa.Column("queue", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("assignee", sa.String(length=32), nullable=True),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.Column("resolved_at", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.String(length=32), nullable=True),
        sa.Column("dismissal", sa.String(length=32), nullable=True),
        sa.Column("merged_into", sa.String(length=32), nullable=True),
        sa.Column("sanction_id", sa.String(length=32), nullable=True),
        sa.Column("reminder", sa.String(length=32), nullable=True),
        sa.Column("remind_at", sa.BigInteger(), nullable=True),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("relying_party", "tip_off_id", name=op.f("pk_tip_offs")),
    )


def _create_texts() -> None:
    op.create_table(
        "tip_off_texts",
        sa.Column("relying_party", sa.String(length=128), nullable=False),
        sa.Column("tip_off_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("key_version", sa.String(length=32), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("moderator_id", sa.String(length=32), nullable=True),
        sa.Column("written_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("relying_party", "tip_off_id", "name", name=op.f("pk_tip_off_texts")),
    )


def _create_reporters() -> None:
    op.create_table(
        "tip_off_reporters",
        sa.Column("relying_party", sa.String(length=128), nullable=False),
        sa.Column("reporter_id", sa.String(length=32), nullable=False),
        sa.Column("standing", sa.String(length=32), nullable=False),
        sa.Column("limited_until", sa.BigInteger(), nullable=True),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("filed_today", sa.Integer(), nullable=False),
        sa.Column("filed", sa.BigInteger(), nullable=False),
        sa.Column("upheld", sa.BigInteger(), nullable=False),
        sa.Column("dismissed", sa.BigInteger(), nullable=False),
        sa.Column("abusive", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("relying_party", "reporter_id", name=op.f("pk_tip_off_reporters")),
    )
    op.create_index(
        "ix_tip_off_reporters_standing", "tip_off_reporters", ["relying_party", "standing", "reporter_id"]
    )
    op.create_index("ix_tip_off_reporters_day", "tip_off_reporters", ["standing", "day"])
    op.create_table(
        "tip_off_tries",
        sa.Column("relying_party", sa.String(length=128), nullable=False),
        sa.Column("reference", sa.String(length=12), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("relying_party", "reference", "day", name=op.f("pk_tip_off_tries")),
    )
    op.create_index(op.f("ix_tip_off_tries_day"), "tip_off_tries", ["day"])
