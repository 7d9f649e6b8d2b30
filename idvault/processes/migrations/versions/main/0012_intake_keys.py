"""Intake keys that live for minutes: a day has several, each named by the minute of its creation."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_DAY, _MINUTE = sa.String(length=10), sa.String(length=16)


def upgrade() -> None:
    """Bring the schema to this version."""
    for name in ("day_keys", "intakes"):
        with op.batch_alter_table(name) as table:
            table.alter_column("day", existing_type=_DAY, type_=_MINUTE, existing_nullable=False)
    op.create_index("ix_intakes_day", "intakes", ["day"])
