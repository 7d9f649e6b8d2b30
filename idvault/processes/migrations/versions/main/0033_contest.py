"""Contests of verifications."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

_TEXTS = {
    "account_token": 31,
    "contest_id": 32,
    "relying_party": 128,
    "claim_id": 32,
    "state": 32,
    "reason": 500,
    "key_version": 32,
}
_LATER_TIMES = ("overdue_at", "decided_at", "delete_at", "text_deleted_at")


def upgrade() -> None:
    """Bring the schema to this version."""
    op.create_table(
        "contests",
        *(sa.Column(name, sa.String(length=size), nullable=False) for name, size in _TEXTS.items()),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("filed_at", "due_at")),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in _LATER_TIMES),
        sa.Column("text", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_token", "claim_id"],
            ["claims.account_token", "claims.claim_id"],
            name=op.f("fk_contests_account_token_claim_id"),
        ),
        sa.PrimaryKeyConstraint("account_token", "contest_id", name=op.f("pk_contests")),
        sa.UniqueConstraint("account_token", "claim_id", name=op.f("uq_contests_account_token_claim_id")),
    )
    for columns in (
        ["relying_party", "contest_id"],
        ["relying_party", "filed_at", "contest_id"],
        ["relying_party", "state", "filed_at", "contest_id"],
    ):
        op.create_index(op.f(f"ix_contests_{'_'.join(columns)}"), "contests", columns)
    for name, indexed, condition in (
        ("ix_contests_due", ["overdue_at", "due_at"], "state = 'FILED'"),
        ("ix_contests_delete", ["delete_at"], "delete_at IS NOT NULL"),
    ):
        op.create_index(
            name,
            "contests",
            indexed,
            postgresql_where=sa.text(condition),
            sqlite_where=sa.text(condition),
        )
