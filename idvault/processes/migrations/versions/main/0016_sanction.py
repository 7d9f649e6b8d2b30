"""Sanctions, the moderators who sign them, and standings that end by themselves.

A campaign's limit no longer stores the standing before it, which is now computed from what else is in force.
A standing that no campaign explains was set by hand: it becomes a sanction without an end, so that it can be
lifted. So does the standing that a campaign's limit had covered.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_TEXTS = {
    "degree": 32,
    "measure": 64,
    "state": 32,
    "imposed_by": 32,
    "end_reason": 500,
    "ground": 32,
    "category": 32,
    "rule_reference": 200,
    "case_reference": 200,
    "origin": 32,
    "tip_off": 64,
    "detection": 32,
    "decision": 32,
    "territory": 64,
    "redress": 500,
    "issuer_kind": 32,
}
_LATER_TEXTS = {
    "confirmed_by": 32,
    "ended_by": 32,
    "authority": 200,
    "order_reference": 200,
    "order_issued_on": 10,
}
_LATER_TIMES = ("started_at", "end_at", "due_at", "ended_at")
_LATER_BYTES = ("order_digest", "confirmation", "ending")
_DEGREE = (
    "CASE {standing} WHEN 'WARNED' THEN 'WARN' WHEN 'PUBLISHING_LIMITED' THEN 'LIMIT'"
    " WHEN 'RENEWAL_SUSPENDED' THEN 'SUSPEND' ELSE 'CLOSE' END"
)
# What a campaign's limit covers; what applies besides it; what applies without it.
_SET_BY_HAND = (
    (
        "legacy_accounts.limited_from",
        "legacy_accounts.limited_by IS NOT NULL AND legacy_accounts.limited_from <> 'GOOD'",
    ),
    (
        "accounts.standing",
        "legacy_accounts.limited_by IS NOT NULL AND accounts.standing IN ('RENEWAL_SUSPENDED', 'CLOSED')",
    ),
    ("accounts.standing", "legacy_accounts.limited_by IS NULL AND accounts.standing <> 'GOOD'"),
)


def upgrade() -> None:
    """Bring the schema to this version."""
    op.add_column("accounts", sa.Column("standing_until", sa.BigInteger(), nullable=True))
    op.add_column("accounts", sa.Column("later_standings", sa.String(length=200), nullable=True))
    op.create_table(
        "moderators",
        sa.Column("relying_party", sa.String(length=128), nullable=False),
        sa.Column("moderator_id", sa.String(length=32), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("registered_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("relying_party", "moderator_id", name=op.f("pk_moderators")),
        sa.UniqueConstraint(
            "relying_party", "public_key", name=op.f("uq_moderators_relying_party_public_key")
        ),
    )
    _create_sanctions()
    _keep_standings()
    op.drop_column("legacy_accounts", "limited_from")


def _create_sanctions() -> None:
    op.create_table(
        "sanctions",
        sa.Column("account_token", sa.String(length=31), nullable=False),
        sa.Column("sanction_id", sa.String(length=32), nullable=False),
        sa.Column("relying_party", sa.String(length=128), nullable=False),
        *(sa.Column(name, sa.String(length=size), nullable=False) for name, size in _TEXTS.items()),
        sa.Column("imposed_at", sa.BigInteger(), nullable=False),
        sa.Column("evidence", sa.LargeBinary(), nullable=False),
        sa.Column("paper", sa.LargeBinary(), nullable=False),
        *(sa.Column(name, sa.String(length=size), nullable=True) for name, size in _LATER_TEXTS.items()),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in _LATER_TIMES),
        *(sa.Column(name, sa.LargeBinary(), nullable=True) for name in _LATER_BYTES),
        sa.ForeignKeyConstraint(
            ["account_token"], ["accounts.account_token"], name=op.f("fk_sanctions_account_token")
        ),
        sa.PrimaryKeyConstraint("account_token", "sanction_id", name=op.f("pk_sanctions")),
    )
    for columns in (
        ["relying_party", "sanction_id"],
        ["relying_party", "imposed_at", "sanction_id"],
        ["relying_party", "state", "imposed_at", "sanction_id"],
    ):
        op.create_index(op.f(f"ix_sanctions_{'_'.join(columns)}"), "sanctions", columns)
    op.create_index(
        "ix_sanctions_due",
        "sanctions",
        ["due_at"],
        postgresql_where=sa.text("due_at IS NOT NULL"),
        sqlite_where=sa.text("due_at IS NOT NULL"),
    )


def _keep_standings() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    fresh_id = "replace(gen_random_uuid()::text, '-', '')" if postgresql else "lower(hex(randomblob(16)))"
    empty = "''::bytea" if postgresql else "x''"
    for standing, condition in _SET_BY_HAND:
        op.execute(
            "INSERT INTO sanctions (account_token, sanction_id, relying_party, degree, measure, state,"  # noqa: S608
            " imposed_by, imposed_at, started_at, end_reason, ground, category, rule_reference,"
            " case_reference, evidence, origin, tip_off, detection, decision, territory, redress,"
            " issuer_kind, paper)"
            f" SELECT accounts.account_token, {fresh_id}, accounts.relying_party,"
            f" {_DEGREE.format(standing=standing)}, '', 'IN_FORCE', '', 0, 0, '', 'AGAINST_TERMS', 'OTHER',"
            f" '', '', {empty}, 'OWN_INITIATIVE', '', 'NONE', 'NONE', '', '', 'PLATFORM', {empty}"
            " FROM accounts LEFT JOIN legacy_accounts"
            " ON legacy_accounts.account_token = accounts.account_token"
            f" WHERE {condition}"
        )
