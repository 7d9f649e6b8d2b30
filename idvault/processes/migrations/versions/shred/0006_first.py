"""The first schema of the shred database.

- PostgreSQL's shred keys stand in parts: key.store.rewriting writes each anew, without the keys of erased
  accounts, into the spare. Whatever is added to one of shred_keys and shred_keys_spare must be added to the
  other.
- SQLite overwrites what is deleted and needs none of it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = None
branch_labels = None
depends_on = None

_PARTS = 64


def upgrade() -> None:
    """Bring the schema to this version."""
    op.create_table(
        "deployment",
        sa.Column("singleton", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("deployment_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("singleton", name=op.f("pk_deployment")),
    )
    op.create_table(
        "log_checkpoints",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_log_checkpoints")),
    )
    op.create_table(
        "schema_floors",
        sa.Column("oldest_program", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("oldest_program", name=op.f("pk_schema_floors")),
    )
    if op.get_bind().dialect.name == "postgresql":
        _shred_keys("shred_keys_spare")
        _parts()
    else:
        _shred_keys("shred_keys")


def _shred_keys(name: str) -> None:
    op.create_table(
        name,
        sa.Column("account_token", sa.String(length=31), nullable=False),
        sa.Column("shred_key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("account_token", name=op.f(f"pk_{name}")),
    )


def _parts() -> None:
    # Values of a few bytes are never moved out of their row: no part needs a second table for large ones.
    for column in ("account_token", "shred_key"):
        op.execute(f"ALTER TABLE shred_keys_spare ALTER COLUMN {column} SET STORAGE PLAIN")
    op.execute(
        "CREATE TABLE shred_keys (LIKE shred_keys_spare INCLUDING STORAGE, "
        "CONSTRAINT pk_shred_keys PRIMARY KEY (account_token)) PARTITION BY HASH (account_token)"
    )
    for part in range(_PARTS):
        op.execute(
            f"CREATE TABLE shred_keys_{part} PARTITION OF shred_keys "
            f"FOR VALUES WITH (MODULUS {_PARTS}, REMAINDER {part})"
        )
    # ANALYZE would keep some of the keys in the catalogue.
    for table in ("shred_keys", "shred_keys_spare"):
        op.execute(f"ALTER TABLE {table} ALTER COLUMN shred_key SET STATISTICS 0")
