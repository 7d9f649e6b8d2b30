"""The queue of jobs: an index finds its first jobs however long the queue is."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.drop_index("ix_jobs_open", "jobs")
    op.add_column("jobs", sa.Column("lane", sa.SmallInteger(), nullable=False, server_default="0"))
    op.add_column("jobs", sa.Column("due_at", sa.BigInteger(), nullable=True))
    op.execute("UPDATE jobs SET lane = 2 * priority + 2 WHERE state NOT IN ('SENDING', 'UNKNOWN')")
    # A lease that is held now stays valid until it expires.
    op.execute(
        "UPDATE jobs SET due_at = CASE WHEN leased_until > next_at THEN leased_until ELSE next_at END "
        "WHERE state <> 'DONE' AND EXISTS (SELECT 1 FROM intakes "
        "WHERE intakes.account_token = jobs.account_token AND intakes.claim_id = jobs.claim_id)"
    )
    op.create_index(
        "ix_jobs_queue",
        "jobs",
        ["lane", "relying_party", "due_at", "opened_at"],
        unique=False,
        postgresql_where=sa.text("state <> 'DONE'"),
        sqlite_where=sa.text("state <> 'DONE'"),
    )
