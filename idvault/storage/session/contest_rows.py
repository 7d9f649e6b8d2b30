"""Rows and lists of contests."""

from idvault.domain.error import Reason
from idvault.domain.session.contest import Contest, ContestState
from idvault.storage.objection_lists import ObjectionLists
from idvault.storage.objection_rows import ObjectionRows
from idvault.storage.session.tables import contests

ROWS: ObjectionRows[Contest] = ObjectionRows(
    contests,
    key="contest_id",
    against="claim_id",
    state=ContestState,
    make=Contest,
    unknown=Reason.CONTEST_NOT_FOUND,
)
LISTS = ObjectionLists(ROWS)
