"""Orders that authorities sign themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0070"
down_revision = "0068"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    for name, kind in (
        ("issuer", sa.String(32)),
        ("signed", sa.LargeBinary()),
        ("target_kind", sa.String(32)),
        ("target", sa.String(200)),
        ("measure", sa.String(32)),
        ("acknowledged_at", sa.BigInteger()),
        ("objected_at", sa.BigInteger()),
        ("objection", sa.String(500)),
        ("withdrawn_at", sa.BigInteger()),
        ("withdrawal", sa.LargeBinary()),
    ):
        op.add_column("authority_orders", sa.Column(name, kind))
    issued = sa.text("issuer IS NOT NULL")
    for name, columns in (
        ("ix_authority_orders_issued", ["issuer", "order_id"]),
        ("ix_authority_orders_issuer", ["issuer", "recorded_at", "order_id"]),
    ):
        op.create_index(name, "authority_orders", columns, postgresql_where=issued, sqlite_where=issued)
    op.create_table(
        "given_orders",
        sa.Column("order_id", sa.String(32), primary_key=True),
        sa.Column("issuer", sa.String(32), nullable=False),
    )
