"""When accounts were closed because they follow a sanction of their owner, for filings of the past."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.create_table(
        "follower_closings",
        sa.Column("account_token", sa.String(length=31), nullable=False),
        sa.Column("sanction_id", sa.String(length=32), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("end_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_token"], ["accounts.account_token"], name=op.f("fk_follower_closings_account_token")
        ),
        sa.PrimaryKeyConstraint("account_token", "sanction_id", name=op.f("pk_follower_closings")),
    )
    # When an account began to follow was not stored; it was not before its sanction came into force.
    op.execute(
        "INSERT INTO follower_closings (account_token, sanction_id, started_at, end_at) "
        "SELECT followers.account_token, followers.sanction_id, sanctions.started_at, followers.end_at "
        "FROM followers JOIN sanctions ON sanctions.relying_party = followers.relying_party "
        "AND sanctions.sanction_id = followers.sanction_id "
        "WHERE followers.degree = 'CLOSE' AND sanctions.started_at IS NOT NULL"
    )
