"""Which campaign invited a legacy account last, so that a batch does not read past invited owners."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.add_column(
        "legacy_accounts", sa.Column("invited_by", sa.String(length=32), nullable=False, server_default="")
    )
    op.execute(
        "UPDATE legacy_accounts SET invited_by = coalesce((SELECT max(campaign_id) FROM invitations"
        " WHERE invitations.account_token = legacy_accounts.account_token), '')"
    )
    op.create_index(
        "ix_legacy_accounts_uninvited",
        "legacy_accounts",
        ["relying_party", "invited_by", "account_token"],
        postgresql_where=sa.text("verified_on IS NULL"),
        sqlite_where=sa.text("verified_on IS NULL"),
    )
