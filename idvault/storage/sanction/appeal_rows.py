"""Rows and lists of appeals."""

from idvault.domain.error import Reason
from idvault.domain.sanction.appeal import Appeal, AppealState
from idvault.storage.objection_lists import ObjectionLists
from idvault.storage.objection_rows import ObjectionRows
from idvault.storage.sanction.tables import appeals

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
