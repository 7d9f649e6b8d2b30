"""Accounts that a person disowns, and what the operator's page needs for it."""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    account = sa.ForeignKeyConstraint(["account_token"], ["accounts.account_token"])
    op.create_table(
        "waiting_disavowals",
        sa.Column("account_token", sa.String(31), primary_key=True),
        sa.Column("relying_party", sa.String(128), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("tell_at", sa.BigInteger(), nullable=False),
        account,
        sqlite_with_rowid=False,
    )
    op.create_index(None, "waiting_disavowals", ["tell_at", "account_token"])
    _create_disavowals()
    _create_inquiries()


def _create_disavowals() -> None:
    op.create_table(
        "disavowals",
        sa.Column("account_token", sa.String(31), primary_key=True),
        sa.Column("disavowal_id", sa.String(32), primary_key=True),
        sa.Column("relying_party", sa.String(128), nullable=False),
        sa.Column("person_id", sa.String(32)),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("filed_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("overdue_at", sa.BigInteger()),
        sa.Column("decided_at", sa.BigInteger()),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("proposed_by", sa.String(32)),
        sa.Column("proposed_at", sa.BigInteger()),
        sa.Column("proposal_digest", sa.LargeBinary()),
        sa.Column("decided_by", sa.String(32)),
        sa.Column("rejected_by", sa.String(32)),
        sa.ForeignKeyConstraint(["account_token"], ["accounts.account_token"]),
    )
    for columns in (
        ["relying_party", "disavowal_id"],
        ["relying_party", "filed_at", "disavowal_id"],
        ["filed_at", "relying_party"],
    ):
        op.create_index(None, "disavowals", columns)
    only = sa.text("state = 'FILED'")
    op.create_index(
        "ix_disavowals_due", "disavowals", ["overdue_at", "due_at"], postgresql_where=only, sqlite_where=only
    )


def _create_inquiries() -> None:
    op.create_table(
        "inquiries",
        sa.Column("inquiry_id", sa.String(32), primary_key=True),
        sa.Column("proof_hash", sa.LargeBinary(), nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("shown_at", sa.BigInteger()),
    )
    op.create_index(None, "inquiries", ["began_at"])
    op.create_table(
        "account_lists",
        sa.Column("person_index", sa.LargeBinary(), primary_key=True),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
    )
    op.create_index(None, "account_lists", ["asked_at"])
