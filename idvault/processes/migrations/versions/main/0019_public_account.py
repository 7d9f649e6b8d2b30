"""Public accounts, and what every act left of them."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_KEY = {"account_token": 31, "public_account_id": 32}
_WORDS = {"relying_party": 128, "person_id": 32, "kind": 32, "owner_category": 32, "state": 32}
_LATER_TEXTS = {
    "licence_category": 32,
    "licence_reference": 200,
    "licence_expire_date": 10,
    "since": 10,
    "expire_date": 10,
    "owner_changed_on": 10,
}


def _texts(sizes: dict[str, int], *, nullable: bool) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(length=size), nullable=nullable) for name, size in sizes.items()]


def upgrade() -> None:
    """Bring the schema to this version."""
    op.create_table(
        "public_accounts",
        *_texts({**_KEY, **_WORDS}, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("applied_at", sa.BigInteger(), nullable=False),
        *_texts({**_LATER_TEXTS, "reject_reason": 32, "term_end": 10, "due_on": 10}, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_token"], ["accounts.account_token"], name=op.f("fk_public_accounts_account_token")
        ),
        sa.PrimaryKeyConstraint("account_token", "public_account_id", name=op.f("pk_public_accounts")),
        sa.UniqueConstraint(
            "relying_party",
            "public_account_id",
            name=op.f("uq_public_accounts_relying_party_public_account_id"),
        ),
    )
    for columns in (
        ["relying_party", "person_id"],
        ["relying_party", "applied_at", "public_account_id"],
        ["relying_party", "state", "applied_at", "public_account_id"],
    ):
        op.create_index(op.f(f"ix_public_accounts_{'_'.join(columns)}"), "public_accounts", columns)
    _create_partial("ix_public_accounts_due", ["due_on"], "due_on IS NOT NULL")
    _create_partial(
        "ix_public_accounts_expiring",
        ["relying_party", "expire_date", "public_account_id"],
        "term_end IS NOT NULL",
    )
    op.create_table(
        "public_account_versions",
        *_texts({**_KEY, **_WORDS}, nullable=False),
        sa.Column("revision", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("applied_at", sa.BigInteger(), nullable=False),
        *_texts(_LATER_TEXTS, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_token"],
            ["accounts.account_token"],
            name=op.f("fk_public_account_versions_account_token"),
        ),
        sa.PrimaryKeyConstraint(
            "account_token", "public_account_id", "revision", name=op.f("pk_public_account_versions")
        ),
    )
    columns = ["relying_party", "public_account_id", "changed_at"]
    op.create_index(
        op.f(f"ix_public_account_versions_{'_'.join(columns)}"), "public_account_versions", columns
    )


def _create_partial(name: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, "public_accounts", columns, postgresql_where=where, sqlite_where=where)
