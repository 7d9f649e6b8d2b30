"""Rows and lists of appeals."""

from idvault.core.tables.sanction import appeals
from idvault.sanction.appeal.rules import Appeal
from idvault.sanction.objection.store.objection_lists import ObjectionLists
from idvault.sanction.objection.store.objection_rows import ObjectionRows
from idvault.verify.error import Reason
from idvault.verify.sanction import AppealState

ROWS: ObjectionRows[Appeal] = ObjectionRows(
    appeals,
    key="appeal_id",
    against="sanction_id",
    state=AppealState,
    make=Appeal,
    decided=("decided_by", "paper", "outside_body", "outside_until"),
    unknown=Reason.APPEAL_NOT_FOUND,
)
LISTS = ObjectionLists(ROWS)
