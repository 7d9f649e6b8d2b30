"""Give each version of a record a shred key of its own.

- A program of before goes on with `shred_keys`, which has one key for each account. It stays the key of the
  versions that have none in `record_keys`, until these are destroyed.
- PostgreSQL: in parts with a spare, as `shred_keys` (0006). Whatever is added to record_keys must be added to
  record_keys_spare.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_PARTS = 64


def upgrade() -> None:
    """Bring the schema to this version."""
    if op.get_bind().dialect.name == "postgresql":
        _record_keys("record_keys_spare")
        _parts()
    else:
        _record_keys("record_keys")


def _record_keys(name: str) -> None:
    op.create_table(
        name,
        sa.Column("account_token", sa.String(length=31), nullable=False),
        sa.Column("record_id", sa.String(length=32), nullable=False),
        sa.Column("shred_key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("account_token", "record_id", name=op.f(f"pk_{name}")),
    )


def _parts() -> None:
    # Values of a few bytes are never moved out of their row: no part needs a second table for large ones.
    for column in ("account_token", "record_id", "shred_key"):
        op.execute(f"ALTER TABLE record_keys_spare ALTER COLUMN {column} SET STORAGE PLAIN")
    op.execute(
        "CREATE TABLE record_keys (LIKE record_keys_spare INCLUDING STORAGE, CONSTRAINT pk_record_keys "
        "PRIMARY KEY (account_token, record_id)) PARTITION BY HASH (account_token)"
    )
    for part in range(_PARTS):
        op.execute(
            f"CREATE TABLE record_keys_{part} PARTITION OF record_keys "
            f"FOR VALUES WITH (MODULUS {_PARTS}, REMAINDER {part})"
        )
    # ANALYZE would keep some of the keys in the catalogue.
    for table in ("record_keys", "record_keys_spare"):
        op.execute(f"ALTER TABLE {table} ALTER COLUMN shred_key SET STATISTICS 0")
