"""When owners closed their public accounts."""

import sqlalchemy as sa
from alembic import op

revision = "0080"
down_revision = "0079"
branch_labels = None
depends_on = None

# A closing by the owner is final: the first version that has it is the closing itself.
_FROM_VERSIONS = """
UPDATE public_accounts SET closed_at = (
    SELECT min(changed_at) FROM public_account_versions AS versions
    WHERE versions.account_token = public_accounts.account_token
    AND versions.public_account_id = public_accounts.public_account_id
    AND versions.state = 'CLOSED'
) WHERE state = 'CLOSED'
"""


def upgrade() -> None:
    """Bring the schema to this version."""
    op.add_column("public_accounts", sa.Column("closed_at", sa.BigInteger()))
    op.execute(_FROM_VERSIONS)
