"""Writes SQLite's shred keys anew, without the copies that deletions of other keys left in their pages.

From here on programs overwrite a key in its place, and delete no row (key.store.version).
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version; PostgreSQL writes parts of the table anew and needs none of it."""
    if op.get_bind().dialect.name != "sqlite":
        return
    op.execute(
        "CREATE TABLE shred_keys_anew (account_token VARCHAR(31) NOT NULL, shred_key BLOB NOT NULL, "
        "CONSTRAINT pk_shred_keys PRIMARY KEY (account_token))"
    )
    op.execute("INSERT INTO shred_keys_anew SELECT account_token, shred_key FROM shred_keys ORDER BY rowid")
    # The pages of a table that is dropped are overwritten.
    op.execute("DROP TABLE shred_keys")
    op.execute("ALTER TABLE shred_keys_anew RENAME TO shred_keys")
