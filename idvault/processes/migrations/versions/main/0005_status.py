"""Tables for third-party checks: change feeds, credentials, status lists, their keys, receipts."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    _feed()
    _lists()
    op.create_table(
        "receipts",
        sa.Column("account_token", sa.String(length=31), nullable=False),
        sa.Column("claim_id", sa.String(length=32), nullable=False),
        sa.Column("entry_id", sa.String(length=32), nullable=False),
        sa.Column("record_digest", sa.LargeBinary(), nullable=False),
        sa.Column("quorum_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("account_token", "claim_id", name=op.f("pk_receipts")),
    )


def _feed() -> None:
    op.create_table(
        "status_feed",
        sa.Column("account_token", sa.String(length=31), nullable=False),
        sa.Column("relying_party", sa.String(length=128), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("changes", sa.BigInteger(), nullable=False),
        sa.Column("listed", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_token", name=op.f("pk_status_feed")),
        sa.UniqueConstraint("relying_party", "sequence", name=op.f("uq_status_feed_relying_party_sequence")),
    )
    for name, columns, condition in (
        ("ix_status_feed_unarranged", ["relying_party", "account_token"], "sequence IS NULL"),
        ("ix_status_feed_unlisted", ["account_token"], "listed < changes"),
    ):
        op.create_index(
            name,
            "status_feed",
            columns,
            unique=False,
            postgresql_where=sa.text(condition),
            sqlite_where=sa.text(condition),
        )
    op.create_table(
        "status_feed_heads",
        sa.Column("relying_party", sa.String(length=128), nullable=False),
        sa.Column("head", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("relying_party", name=op.f("pk_status_feed_heads")),
    )
    # Queue every existing account for the change feed.
    op.execute(
        "INSERT INTO status_feed (account_token, relying_party, revision, sequence, changes, listed) "
        "SELECT account_token, relying_party, revision, NULL, 1, 0 FROM accounts"
    )


def _lists() -> None:
    op.create_table(
        "status_lists",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_status_lists")),
    )
    op.create_table(
        "status_marks",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("number", "place", name=op.f("pk_status_marks")),
    )
    op.create_table(
        "status_credentials",
        sa.Column("account_token", sa.String(length=31), nullable=False),
        sa.Column("credential_id", sa.String(length=32), nullable=False),
        sa.Column("audience", sa.String(length=200), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_token", "credential_id", name=op.f("pk_status_credentials")),
        sa.UniqueConstraint("number", "place", name=op.f("uq_status_credentials_number_place")),
    )
    op.create_index(
        op.f("ix_status_credentials_expires_at"), "status_credentials", ["expires_at"], unique=False
    )
    op.create_table(
        "status_keys",
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("announced_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("public_key", name=op.f("pk_status_keys")),
    )
