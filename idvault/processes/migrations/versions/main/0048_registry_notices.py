"""Notices of the registry, the persons whom they mark, and what is still to come of them."""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.create_table(
        "registry_notices",
        sa.Column("notice_id", sa.String(32), primary_key=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
    )
    op.create_table(
        "notice_feeds",
        sa.Column("registry", sa.String(128), primary_key=True),
        sa.Column("last_notice_id", sa.String(32), nullable=False),
        sa.Column("caught_up_at", sa.BigInteger()),
    )
    op.create_table(
        "person_marks",
        sa.Column("relying_party", sa.String(128), primary_key=True),
        sa.Column("person_id", sa.String(32), primary_key=True),
        sa.Column("notice_id", sa.String(32), primary_key=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("former_id", sa.String(32)),
        sa.UniqueConstraint("relying_party", "former_id"),
    )
    op.create_index("ix_person_marks_notice_id", "person_marks", ["notice_id"])
    op.create_table(
        "account_notices",
        sa.Column("account_token", sa.String(31), primary_key=True),
        sa.Column("notice_id", sa.String(32), primary_key=True),
        sa.Column("due_on", sa.String(10), nullable=False),
    )
    op.create_index("ix_account_notices_due_on_account_token", "account_notices", ["due_on", "account_token"])
    op.create_index("ix_account_notices_notice_id", "account_notices", ["notice_id"])
    op.add_column("persons", sa.Column("marked", sa.Boolean()))
    known = sa.text("person_id IS NOT NULL")
    op.create_index(
        "ix_accounts_person", "accounts", ["person_id"], postgresql_where=known, sqlite_where=known
    )
