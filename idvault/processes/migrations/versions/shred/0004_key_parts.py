"""Keeps PostgreSQL's shred keys in parts, so that each can be written anew without erased accounts' keys.

Programs use the table as before; key.store.rewriting writes a part anew, into the spare. Whatever is added
to one of shred_keys and shred_keys_spare must be added to the other.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_PARTS = 64


def upgrade() -> None:
    """Bring the schema to this version; SQLite overwrites what is deleted and needs none of it."""
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute("ALTER TABLE shred_keys RENAME TO shred_keys_former")
    op.execute("ALTER TABLE shred_keys_former RENAME CONSTRAINT pk_shred_keys TO pk_shred_keys_former")
    # Values of a few bytes are never moved out of their row: no part needs a second table for large ones.
    for column in ("account_token", "shred_key"):
        op.execute(f"ALTER TABLE shred_keys_former ALTER COLUMN {column} SET STORAGE PLAIN")
    op.execute(
        "CREATE TABLE shred_keys (LIKE shred_keys_former INCLUDING STORAGE, "
        "CONSTRAINT pk_shred_keys PRIMARY KEY (account_token)) PARTITION BY HASH (account_token)"
    )
    op.execute(
        "CREATE TABLE shred_keys_spare (LIKE shred_keys_former INCLUDING STORAGE, "
        "CONSTRAINT pk_shred_keys_spare PRIMARY KEY (account_token))"
    )
    for part in range(_PARTS):
        op.execute(
            f"CREATE TABLE shred_keys_{part} PARTITION OF shred_keys "
            f"FOR VALUES WITH (MODULUS {_PARTS}, REMAINDER {part})"
        )
    # ANALYZE would keep some of the keys in the catalogue.
    for table in ("shred_keys", "shred_keys_spare"):
        op.execute(f"ALTER TABLE {table} ALTER COLUMN shred_key SET STATISTICS 0")
    op.execute("INSERT INTO shred_keys SELECT account_token, shred_key FROM shred_keys_former")
    # A copy by now; what the catalogue has of its keys goes with it.
    op.execute("DROP TABLE shred_keys_former")
