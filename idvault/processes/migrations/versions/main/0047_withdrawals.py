"""Verifications that are withdrawn, and sanctions that are narrowed to a withdrawn account."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

_PROPOSAL = (
    ("proposed_by", sa.String(32)),
    ("proposed_at", sa.BigInteger()),
    ("proposal_digest", sa.LargeBinary()),
)


def upgrade() -> None:
    """Bring the schema to this version."""
    op.add_column(
        "persons", sa.Column("withdrawals", sa.Integer(), nullable=False, server_default=sa.text("0"))
    )
    for table in ("claims", "status_credentials"):
        op.add_column(table, sa.Column("withdrawn_at", sa.BigInteger()))
    op.add_column("sanctions", sa.Column("narrowed_at", sa.BigInteger()))
    for name, kind in (*_PROPOSAL, ("decided_by", sa.String(32)), ("rejected_by", sa.String(32))):
        op.add_column("contests", sa.Column(name, kind))
    _create_withdrawals()
    _create_narrowings()


def _create_withdrawals() -> None:
    op.create_table(
        "withdrawals",
        sa.Column("account_token", sa.String(31), primary_key=True),
        sa.Column("withdrawal_id", sa.String(32), primary_key=True),
        sa.Column("relying_party", sa.String(128), nullable=False),
        sa.Column("cause", sa.String(32), nullable=False),
        sa.Column("contest_id", sa.String(32), nullable=False),
        sa.Column("person_id", sa.String(32)),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("assurance", sa.String(32), nullable=False),
        sa.Column("verify_date", sa.String(10)),
        sa.Column("expire_date", sa.String(10)),
        sa.Column("organization_category", sa.String(32)),
        sa.Column("forget_at", sa.BigInteger()),
        sa.Column("ended_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["account_token"], ["accounts.account_token"]),
    )
    op.create_index(None, "withdrawals", ["relying_party", "withdrawal_id"])
    only = sa.text("forget_at IS NOT NULL")
    op.create_index(
        "ix_withdrawals_forget", "withdrawals", ["forget_at"], postgresql_where=only, sqlite_where=only
    )


def _create_narrowings() -> None:
    op.create_table(
        "narrowings",
        sa.Column("account_token", sa.String(31), primary_key=True),
        sa.Column("sanction_id", sa.String(32), primary_key=True),
        sa.Column("relying_party", sa.String(128), nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("overdue_at", sa.BigInteger()),
        *(sa.Column(name, kind) for name, kind in _PROPOSAL),
        sa.Column("confirmed_by", sa.String(32)),
        sa.Column("narrowed_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(
            ["account_token", "sanction_id"], ["sanctions.account_token", "sanctions.sanction_id"]
        ),
    )
    for columns in (["relying_party", "sanction_id"], ["relying_party", "began_at", "sanction_id"]):
        op.create_index(None, "narrowings", columns)
    only = sa.text("narrowed_at IS NULL")
    op.create_index("ix_narrowings_open", "narrowings", ["due_at"], postgresql_where=only, sqlite_where=only)
