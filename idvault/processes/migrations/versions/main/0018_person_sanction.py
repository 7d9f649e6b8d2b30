"""Sanctions of a person, and the accounts that follow them."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.add_column("sanctions", sa.Column("scope", sa.String(32), nullable=False, server_default="ACCOUNT"))
    op.add_column("sanctions", sa.Column("person_id", sa.String(32), nullable=True))
    op.add_column("persons", sa.Column("sanctions", sa.Integer(), nullable=False, server_default="0"))
    _partial_index("ix_sanctions_person", "sanctions", ["relying_party", "person_id"], "person_id")
    op.create_table(
        "followers",
        sa.Column("account_token", sa.String(length=31), nullable=False),
        sa.Column("sanction_id", sa.String(length=32), nullable=False),
        sa.Column("relying_party", sa.String(length=128), nullable=False),
        sa.Column("degree", sa.String(length=32), nullable=False),
        sa.Column("end_at", sa.BigInteger(), nullable=True),
        sa.Column("delay", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_token"], ["accounts.account_token"], name=op.f("fk_followers_account_token")
        ),
        sa.PrimaryKeyConstraint("account_token", "sanction_id", name=op.f("pk_followers")),
    )
    op.create_index(
        op.f("ix_followers_relying_party_sanction_id"), "followers", ["relying_party", "sanction_id"]
    )
    _partial_index("ix_followers_due", "followers", ["due_at"], "due_at")


def _partial_index(name: str, table: str, columns: list[str], given: str) -> None:
    where = sa.text(f"{given} IS NOT NULL")
    op.create_index(name, table, columns, postgresql_where=where, sqlite_where=where)
