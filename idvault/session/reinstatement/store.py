"""Rows of appeals against withdrawals."""

from idvault.core.tables.session import reinstatements
from idvault.sanction.objection.store import ObjectionRows
from idvault.session.reinstatement.rules import Reinstatement
from idvault_verify.error import Reason

ROWS = ObjectionRows(
    Reinstatement,
    reinstatements,
    key="reinstatement_id",
    against="withdrawal_id",
    unknown=Reason.REINSTATEMENT_NOT_FOUND,
)
