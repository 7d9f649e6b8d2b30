"""Appeals against sanctions."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_TEXTS = {
    "account_token": 31,
    "appeal_id": 32,
    "relying_party": 128,
    "sanction_id": 32,
    "state": 32,
    "reason": 500,
    "outside_body": 200,
    "key_version": 32,
}
_LATER_TIMES = (
    "overdue_at",
    "decided_at",
    "outside_until",
    "delete_at",
    "text_deleted_at",
)


def upgrade() -> None:
    """Bring the schema to this version."""
    op.create_table(
        "appeals",
        *(sa.Column(name, sa.String(length=size), nullable=False) for name, size in _TEXTS.items()),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("filed_at", "due_at")),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in _LATER_TIMES),
        *(sa.Column(name, sa.LargeBinary(), nullable=True) for name in ("paper", "text")),
        sa.Column("decided_by", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_token", "sanction_id"],
            ["sanctions.account_token", "sanctions.sanction_id"],
            name=op.f("fk_appeals_account_token_sanction_id"),
        ),
        sa.PrimaryKeyConstraint("account_token", "appeal_id", name=op.f("pk_appeals")),
        sa.UniqueConstraint(
            "account_token", "sanction_id", name=op.f("uq_appeals_account_token_sanction_id")
        ),
    )
    for columns in (
        ["relying_party", "appeal_id"],
        ["relying_party", "filed_at", "appeal_id"],
        ["relying_party", "state", "filed_at", "appeal_id"],
    ):
        op.create_index(op.f(f"ix_appeals_{'_'.join(columns)}"), "appeals", columns)
    for name, indexed, condition in (
        ("ix_appeals_due", ["overdue_at", "due_at"], "state = 'FILED'"),
        ("ix_appeals_delete", ["delete_at"], "delete_at IS NOT NULL"),
    ):
        op.create_index(
            name,
            "appeals",
            indexed,
            postgresql_where=sa.text(condition),
            sqlite_where=sa.text(condition),
        )
