"""Two persons whose numbers were proved together are one: the former number's row leads to the other."""

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.add_column("persons", sa.Column("joined_id", sa.String(32)))
    joined = sa.text("joined_id IS NOT NULL")
    op.create_index(
        "ix_persons_joined",
        "persons",
        ["relying_party", "joined_id"],
        postgresql_where=joined,
        sqlite_where=joined,
    )
