"""Lets the status and a list tell of a requested erasure, and says who asked for it."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

# What was requested before is told with the next look at the feed.
_TELL = (
    "UPDATE accounts SET revision = revision + 1, erase_at = (SELECT MAX(erasures.erase_at) FROM erasures"
    " WHERE erasures.account_token = accounts.account_token AND erasures.state = 'REQUESTED')"
    " WHERE account_token IN (SELECT account_token FROM erasures WHERE state = 'REQUESTED')",
    "UPDATE status_feed SET sequence = NULL, changes = changes + 1, revision = (SELECT accounts.revision"
    " FROM accounts WHERE accounts.account_token = status_feed.account_token)"
    " WHERE account_token IN (SELECT account_token FROM erasures WHERE state = 'REQUESTED')",
)
_LISTED = (
    ("erasure_id", "requested_at"),
    ("requested_at", "erasure_id"),
    ("state", "requested_at", "erasure_id"),
)


def upgrade() -> None:
    """Bring the schema to this version."""
    op.add_column("accounts", sa.Column("erase_at", sa.BigInteger(), nullable=True))
    op.add_column("erasures", sa.Column("origin", sa.String(length=32), nullable=True))
    for columns in _LISTED:
        names = ["relying_party", *columns]
        op.create_index(op.f(f"ix_erasures_{'_'.join(names)}"), "erasures", names)
    for statement in _TELL:
        op.execute(statement)
