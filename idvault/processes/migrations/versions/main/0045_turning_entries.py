"""Entries of status lists that wait for their time."""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

_TABLE = "status_credentials"
_TURNS_AT = sa.table(_TABLE, sa.column("turns_at"))


def upgrade() -> None:
    """Bring the schema to this version."""
    # Credentials that a program of before issues are published at once; those of before wait for nothing.
    if op.get_bind().dialect.name == "postgresql":
        op.add_column(_TABLE, sa.Column("turns_at", sa.BigInteger()))
        op.alter_column(_TABLE, "turns_at", server_default=sa.text("0"))
    else:  # SQLite cannot change a default
        op.add_column(_TABLE, sa.Column("turns_at", sa.BigInteger(), server_default=sa.text("0")))
        op.execute(sa.update(_TURNS_AT).values(turns_at=None))
    only = sa.text("turns_at IS NOT NULL")
    op.create_index(
        "ix_status_credentials_turning", _TABLE, ["turns_at"], postgresql_where=only, sqlite_where=only
    )
