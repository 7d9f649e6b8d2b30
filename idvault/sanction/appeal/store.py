"""Rows of appeals."""

from idvault.core.tables.sanction import appeals
from idvault.sanction.appeal.rules import Appeal
from idvault.sanction.objection.store import ObjectionRows
from idvault_verify.error import Reason

ROWS = ObjectionRows(Appeal, appeals, key="appeal_id", against="sanction_id", unknown=Reason.APPEAL_NOT_FOUND)
