"""Rows and lists of contests."""

from idvault.core.tables.session import contests
from idvault.sanction.objection.store.objection_lists import ObjectionLists
from idvault.sanction.objection.store.objection_rows import ObjectionRows
from idvault.session.contest.rules import Contest, ContestState
from idvault.verify.error import Reason

ROWS: ObjectionRows[Contest] = ObjectionRows(
    contests,
    key="contest_id",
    against="claim_id",
    state=ContestState,
    make=Contest,
    unknown=Reason.CONTEST_NOT_FOUND,
)
LISTS = ObjectionLists(ROWS)
