"""Attempts are charged when a claim opens, and slots are taken when it has matched.

- Open claims give back the slots that they took; what a claim knew about slot and person is no longer stored.
- Mismatches become attempts. An attempt of an older version has the claim's id in the place of its pair.
- The ids of a job's checks move into its row.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_OF_PERSON = (
    "FROM claims WHERE claims.state = 'PENDING' AND claims.slot = 'TAKEN' "
    "AND claims.relying_party = persons.relying_party AND claims.person_id = persons.person_id"
)
_OF_JOB = "FROM checks WHERE checks.account_token = jobs.account_token AND checks.claim_id = jobs.claim_id"


def upgrade() -> None:
    """Bring the schema to this version."""
    _free_slots()
    _add_attempts()
    _extend_jobs()


def _free_slots() -> None:
    op.execute(
        f"UPDATE persons SET accounts = accounts - (SELECT count(*) {_OF_PERSON}) "  # noqa: S608 - written above
        "WHERE person_id IN (SELECT person_id FROM claims WHERE state = 'PENDING' AND slot = 'TAKEN')"
    )
    for column in ("slot", "person_closed", "different_owner"):
        op.drop_column("claims", column)


def _add_attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("relying_party", sa.String(length=128), nullable=False),
        sa.Column("limiter_key", sa.LargeBinary(), nullable=False),
        sa.Column("pair", sa.LargeBinary(), nullable=False),
        sa.Column("attempted_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("relying_party", "limiter_key", "pair", name=op.f("pk_attempts")),
    )
    op.execute(
        "INSERT INTO attempts (relying_party, limiter_key, pair, attempted_at) "  # noqa: S608 - written below
        f"SELECT relying_party, limiter_key, {_claim_id()}, happened_at FROM mismatches"
    )
    op.create_index(op.f("ix_attempts_attempted_at"), "attempts", ["attempted_at"], unique=False)
    op.drop_table("mismatches")
    op.create_table(
        "account_attempts",
        sa.Column("account_token", sa.String(length=31), nullable=False),
        sa.Column("pair", sa.LargeBinary(), nullable=False),
        sa.Column("attempted_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_token", "pair", name=op.f("pk_account_attempts")),
    )
    op.create_index(
        op.f("ix_account_attempts_attempted_at"), "account_attempts", ["attempted_at"], unique=False
    )


def _extend_jobs() -> None:
    op.add_column("jobs", sa.Column("ais", sa.String(length=80), nullable=False, server_default=""))
    op.add_column("jobs", sa.Column("pair", sa.LargeBinary(), nullable=True))
    op.add_column("jobs", sa.Column("withheld", sa.Boolean(), nullable=False, server_default=sa.false()))
    first, second = (f"(SELECT ai {_OF_JOB} AND position = {place})" for place in (0, 1))
    op.execute(f"UPDATE jobs SET ais = coalesce({first}, '') || coalesce(' ' || {second}, '')")  # noqa: S608
    op.execute(f"UPDATE jobs SET pair = {_claim_id()} WHERE state <> 'DONE'")  # noqa: S608
    op.drop_table("checks")
    op.create_index(
        "ix_jobs_attempts",
        "jobs",
        ["relying_party", "limiter_key"],
        unique=False,
        postgresql_where=sa.text("limiter_key IS NOT NULL"),
        sqlite_where=sa.text("limiter_key IS NOT NULL"),
    )


def _claim_id() -> str:
    """Return the claim's id as bytes."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    return "CAST(claim_id AS BLOB)" if is_sqlite else "convert_to(claim_id, 'UTF8')"
