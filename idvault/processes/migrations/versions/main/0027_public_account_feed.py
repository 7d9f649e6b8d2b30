"""Which rows of the change feed are of accounts that have public accounts."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.add_column("status_feed", sa.Column("publishes", sa.Boolean(), nullable=True))
    op.execute(
        "UPDATE status_feed SET publishes = TRUE"
        " WHERE account_token IN (SELECT account_token FROM public_accounts)"
    )
    where = sa.text("publishes IS NOT NULL")
    op.create_index(
        "ix_status_feed_publishing",
        "status_feed",
        ["relying_party", "sequence"],
        postgresql_where=where,
        sqlite_where=where,
    )
