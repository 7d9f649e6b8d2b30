"""Orders of authorities, and operations that sanctions belong to."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.add_column("sanctions", sa.Column("operation_id", sa.String(32), nullable=True))
    _partial_index(
        "ix_sanctions_order",
        "sanctions",
        ["relying_party", "order_digest", "started_at"],
        "order_digest IS NOT NULL",
    )
    _partial_index(
        "ix_sanctions_operation",
        "sanctions",
        ["relying_party", "operation_id", "imposed_at", "sanction_id"],
        "operation_id IS NOT NULL",
    )
    _create_orders()
    op.create_table(
        "operations",
        sa.Column("relying_party", sa.String(length=128), nullable=False),
        sa.Column("operation_id", sa.String(length=32), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("relying_party", "operation_id", name=op.f("pk_operations")),
    )
    op.create_index(
        op.f("ix_operations_relying_party_opened_at_operation_id"),
        "operations",
        ["relying_party", "opened_at", "operation_id"],
    )


def _create_orders() -> None:
    op.create_table(
        "authority_orders",
        sa.Column("relying_party", sa.String(length=128), nullable=False),
        sa.Column("order_id", sa.String(length=32), nullable=False),
        sa.Column("authority", sa.String(length=200), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=False),
        sa.Column("issued_on", sa.String(length=10), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("deadline", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("carried_out_at", sa.BigInteger(), nullable=True),
        sa.Column("missed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("relying_party", "order_id", name=op.f("pk_authority_orders")),
        sa.UniqueConstraint("relying_party", "digest", name=op.f("uq_authority_orders_relying_party_digest")),
    )
    op.create_index(
        op.f("ix_authority_orders_relying_party_recorded_at_order_id"),
        "authority_orders",
        ["relying_party", "recorded_at", "order_id"],
    )
    _partial_index("ix_authority_orders_open", "authority_orders", ["deadline"], "carried_out_at IS NULL")


def _partial_index(name: str, table: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, postgresql_where=where, sqlite_where=where)
