"""Partial indexes: leave out imported accounts, which were never claimed, verified or limited."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.drop_index("ix_accounts_state_expire_date", "accounts")
    op.drop_index("ix_accounts_state_claim_ended_at", "accounts")
    op.drop_index("ix_legacy_accounts_relying_party_label", "legacy_accounts")
    op.drop_index("ix_legacy_accounts_limited_by", "legacy_accounts")
    _partial_index("ix_accounts_expiring", "accounts", ["state", "expire_date"])
    _partial_index("ix_accounts_abandoned", "accounts", ["state", "claim_ended_at"])
    _partial_index("ix_legacy_accounts_limited", "legacy_accounts", ["limited_by"])


def _partial_index(name: str, table: str, columns: list[str]) -> None:
    """Index the rows in which the last column has a value."""
    condition = sa.text(f"{columns[-1]} IS NOT NULL")
    op.create_index(name, table, columns, postgresql_where=condition, sqlite_where=condition)
