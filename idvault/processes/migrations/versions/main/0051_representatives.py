"""The representatives of organisations, who must prove to be present."""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.create_table(
        "representatives",
        sa.Column("account_token", sa.String(31), nullable=False),
        sa.Column("claim_id", sa.String(32), nullable=False),
        sa.Column("relying_party", sa.String(128), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.String(32)),
        sa.Column("record_id", sa.String(32)),
        sa.Column("organization_category", sa.String(32)),
        sa.Column("due_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("account_token", "claim_id", name="pk_representatives"),
        sa.ForeignKeyConstraint(
            ["account_token", "claim_id"],
            ["claims.account_token", "claims.claim_id"],
            name="fk_representatives_account_token_claims",
        ),
    )
    op.create_index(
        "ix_representatives_relying_party_person_id", "representatives", ["relying_party", "person_id"]
    )
    op.create_index(
        "ix_representatives_due",
        "representatives",
        ["due_at"],
        postgresql_where=sa.text("due_at IS NOT NULL"),
        sqlite_where=sa.text("due_at IS NOT NULL"),
    )
