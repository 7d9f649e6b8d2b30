"""Approval and release become two acts; requests fix a record version, which is kept for them.

A share that an approval already carries counts as released when it was approved. The M-th such approval was a
disclosure, whatever became of the request; the worker writes its log entry (disclosure.acts.retention). What
was opened before takes no further shares.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_DISCLOSURES = {
    "record_digest": sa.LargeBinary(),
    "disclosed_at": sa.BigInteger(),
    "disclose_entry_id": sa.String(length=32),
    "legal_basis": sa.Text(),
    "confirmed_at": sa.BigInteger(),
    "ended_at": sa.BigInteger(),
}
_DECISIONS = {
    "released_at": sa.BigInteger(),
    "release_entry_id": sa.String(length=32),
    "reported_at": sa.BigInteger(),
}
_FORMER = (
    "UPDATE disclosure_decisions SET released_at = decided_at, release_entry_id = entry_id "
    "WHERE verdict = 'APPROVE'",
    "UPDATE disclosures SET disclosed_at = (SELECT min(mth.decided_at) FROM disclosure_decisions AS mth "
    "WHERE mth.account_token = disclosures.account_token "
    "AND mth.disclosure_id = disclosures.disclosure_id AND mth.verdict = 'APPROVE' "
    "AND (SELECT count(*) FROM disclosure_decisions AS given "
    "WHERE given.account_token = mth.account_token AND given.disclosure_id = mth.disclosure_id "
    "AND given.verdict = 'APPROVE' AND given.decided_at <= mth.decided_at) >= disclosures.threshold)",
    "UPDATE disclosures SET confirmed_at = opened_at WHERE state = 'OPENED'",
    "UPDATE disclosures SET ended_at = expire_at WHERE state IN ('DENIED', 'EXPIRED', 'CANCELLED')",
)


def upgrade() -> None:
    """Bring the schema to this version."""
    for table, columns in (("disclosures", _DISCLOSURES), ("disclosure_decisions", _DECISIONS)):
        for name, kind in columns.items():
            op.add_column(table, sa.Column(name, kind, nullable=True))
    op.create_index(
        op.f("ix_disclosures_auditor_actor_id_disclosed_at"),
        "disclosures",
        ["auditor_actor_id", "disclosed_at"],
    )
    op.create_index(
        op.f("ix_disclosures_disclose_entry_id_disclosed_at"),
        "disclosures",
        ["disclose_entry_id", "disclosed_at"],
    )
    for statement in _FORMER:
        op.execute(statement)
    _keep_records()


def _keep_records() -> None:
    op.create_table(
        "kept_records",
        sa.Column("account_token", sa.String(length=31), nullable=False),
        sa.Column("record_id", sa.String(length=32), nullable=False),
        sa.Column("relying_party", sa.String(length=128), nullable=False),
        sa.Column("format_version", sa.SmallInteger(), nullable=False),
        sa.Column("sealing_quorum_id", sa.String(length=64), nullable=False),
        sa.Column("present_quorum_id", sa.String(length=64), nullable=False),
        sa.Column("suite", sa.String(length=64), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("commitment", sa.LargeBinary(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("share_hashes", sa.LargeBinary(), nullable=False),
        sa.Column("shares", sa.LargeBinary(), nullable=False),
        sa.Column("share_quorum_ids", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_token"], ["accounts.account_token"], name=op.f("fk_kept_records_account_token")
        ),
        sa.PrimaryKeyConstraint("account_token", "record_id", name=op.f("pk_kept_records")),
    )
