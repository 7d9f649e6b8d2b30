"""Erasures; and no mark `closed` of a person, which nothing ever set: sanctions of the person close one."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

_TEXTS = {"account_token": 31, "erasure_id": 32, "relying_party": 128, "state": 32, "entry_id": 32}
_TIMES = ("requested_at", "erase_at", "destroy_at")
_LATER_TIMES = ("cancelled_at", "erased_at", "destroyed_at", "due_at")


def upgrade() -> None:
    """Bring the schema to this version."""
    op.create_table(
        "erasures",
        *(sa.Column(name, sa.String(length=size), nullable=False) for name, size in _TEXTS.items()),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _TIMES),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in _LATER_TIMES),
        sa.Column("held", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_token"], ["accounts.account_token"], name=op.f("fk_erasures_account_token")
        ),
        sa.PrimaryKeyConstraint("account_token", "erasure_id", name=op.f("pk_erasures")),
    )
    for name, column in (("ix_erasures_due", "due_at"), ("ix_erasures_held", "account_token")):
        condition = sa.text(f"{'held' if column == 'account_token' else column} IS NOT NULL")
        op.create_index(name, "erasures", [column], postgresql_where=condition, sqlite_where=condition)
    op.drop_column("persons", "closed")
