"""Measures on content, and the reports that they answer."""

import sqlalchemy as sa
from alembic import op

revision = "0068"
down_revision = "0067"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.add_column("tip_offs", sa.Column("measure_id", sa.String(32)))
    op.create_table(
        "content_measures",
        sa.Column("relying_party", sa.String(128), primary_key=True),
        sa.Column("measure_id", sa.String(32), primary_key=True),
        sa.Column("content", sa.String(200), nullable=False),
        *(sa.Column(name, sa.String(32), nullable=False) for name in ("kind", "state", "imposed_by")),
        sa.Column("imposed_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("ended_by", sa.String(32)),
        sa.Column("end_reason", sa.String(500), nullable=False),
        *(sa.Column(name, sa.String(32), nullable=False) for name in ("ground", "category")),
        *(sa.Column(name, sa.String(200), nullable=False) for name in ("rule_reference", "case_reference")),
        sa.Column("evidence", sa.LargeBinary(), nullable=False),
        sa.Column("origin", sa.String(32), nullable=False),
        sa.Column("tip_off", sa.String(64), nullable=False),
        *(sa.Column(name, sa.String(32), nullable=False) for name in ("detection", "decision")),
        sa.Column("end_at", sa.BigInteger()),
        sa.Column("territory", sa.String(64), nullable=False),
        sa.Column("redress", sa.String(500), nullable=False),
        sa.Column("issuer_kind", sa.String(32), nullable=False),
        *(sa.Column(name, sa.String(200)) for name in ("authority", "order_reference")),
        sa.Column("order_issued_on", sa.String(10)),
        sa.Column("order_digest", sa.LargeBinary()),
        sa.Column("paper", sa.LargeBinary(), nullable=False),
        sa.Column("ending", sa.LargeBinary()),
        sa.Column("appeal_state", sa.String(32)),
        *(
            sa.Column(f"appeal_{name}_at", sa.BigInteger())
            for name in ("filed", "due", "overdue", "decided", "delete", "text_deleted")
        ),
        sa.Column("appeal_decided_by", sa.String(32)),
        sa.Column("appeal_reason", sa.String(500)),
        sa.Column("appeal_paper", sa.LargeBinary()),
        sa.Column("appeal_outside_body", sa.String(200)),
        sa.Column("appeal_outside_until", sa.BigInteger()),
        sa.Column("key_version", sa.String(32)),
        sa.Column("text", sa.LargeBinary()),
    )
    _index()


def _index() -> None:
    for columns in (
        ["relying_party", "imposed_at", "measure_id"],
        ["relying_party", "content", "imposed_at", "measure_id"],
        ["relying_party", "appeal_state", "imposed_at", "measure_id"],
        ["imposed_at"],
    ):
        op.create_index(None, "content_measures", columns)
    for name, columns, only in (
        ("ix_content_measures_appealed", ["relying_party", "appeal_filed_at"], "appeal_filed_at IS NOT NULL"),
        ("ix_content_measures_due", ["appeal_due_at"], "appeal_state = 'FILED'"),
        ("ix_content_measures_delete", ["appeal_delete_at"], "appeal_delete_at IS NOT NULL"),
    ):
        where = sa.text(only)
        op.create_index(name, "content_measures", columns, postgresql_where=where, sqlite_where=where)
