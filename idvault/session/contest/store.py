"""Rows of contests, and the claims of their accounts."""

from collections.abc import Sequence

from sqlalchemy import select

from idvault.core.db.connection import Connection
from idvault.core.db.statement import Statement, param, statement
from idvault.core.tables.claim import claims
from idvault.core.tables.session import contests
from idvault.sanction.objection.store import ObjectionRows
from idvault.session.contest.rules import Contest, ContestedClaim
from idvault_verify.claim import ClaimState
from idvault_verify.error import Reason

ROWS = ObjectionRows(
    Contest, contests, key="contest_id", against="claim_id", unknown=Reason.CONTEST_NOT_FOUND
)
# Not a condition on the state: its index would read the claims of every account.
_CLAIMS: Statement[ContestedClaim] = statement(
    select(claims.c.claim_id, claims.c.state, claims.c.ended_at, claims.c.withdrawn_at).where(
        claims.c.account_token == param("token")
    ),
    lambda row: ContestedClaim(row.claim_id, ClaimState(row.state), row.ended_at, row.withdrawn_at),
)


async def claims_of(connection: Connection, account_token: str) -> Sequence[ContestedClaim]:
    """Return the claims of a locked account."""
    return await connection.all(_CLAIMS, token=account_token)
