"""Rows of contests."""

from idvault.core.tables.session import contests
from idvault.sanction.objection.store import ObjectionRows
from idvault.session.contest.rules import Contest
from idvault_verify.error import Reason

ROWS = ObjectionRows(
    Contest, contests, key="contest_id", against="claim_id", unknown=Reason.CONTEST_NOT_FOUND
)
