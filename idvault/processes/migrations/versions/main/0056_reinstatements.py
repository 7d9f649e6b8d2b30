"""Appeals against withdrawals, and accounts that got their verification back."""

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.add_column("withdrawals", sa.Column("reinstated_at", sa.BigInteger()))
    for name in ("reinstate_proposed_by", "reinstated_by"):
        op.add_column("withdrawals", sa.Column(name, sa.String(32)))
    present = sa.text("person_id IS NOT NULL AND ended_at IS NULL")
    op.create_index(
        "ix_withdrawals_person", "withdrawals", ["person_id"], postgresql_where=present, sqlite_where=present
    )
    op.create_table(
        "reinstatements",
        sa.Column("account_token", sa.String(31), primary_key=True),
        sa.Column("reinstatement_id", sa.String(32), primary_key=True),
        sa.Column("relying_party", sa.String(128), nullable=False),
        sa.Column("withdrawal_id", sa.String(32), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("filed_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("overdue_at", sa.BigInteger()),
        sa.Column("decided_at", sa.BigInteger()),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("key_version", sa.String(32), nullable=False),
        sa.Column("text", sa.LargeBinary()),
        sa.Column("delete_at", sa.BigInteger()),
        sa.Column("text_deleted_at", sa.BigInteger()),
        sa.Column("proposed_by", sa.String(32)),
        sa.Column("proposed_at", sa.BigInteger()),
        sa.Column("proposal_digest", sa.LargeBinary()),
        sa.Column("decided_by", sa.String(32)),
        sa.Column("reinstated", sa.Boolean()),
        sa.ForeignKeyConstraint(
            ["account_token", "withdrawal_id"], ["withdrawals.account_token", "withdrawals.withdrawal_id"]
        ),
        sa.UniqueConstraint("account_token", "withdrawal_id"),
    )
    for columns in (
        ["relying_party", "reinstatement_id"],
        ["relying_party", "filed_at", "reinstatement_id"],
        ["relying_party", "state", "filed_at", "reinstatement_id"],
    ):
        op.create_index(None, "reinstatements", columns)
    for name, columns, only in (
        ("ix_reinstatements_due", ["overdue_at", "due_at"], "state = 'FILED'"),
        ("ix_reinstatements_delete", ["delete_at"], "delete_at IS NOT NULL"),
    ):
        where = sa.text(only)
        op.create_index(name, "reinstatements", columns, postgresql_where=where, sqlite_where=where)
