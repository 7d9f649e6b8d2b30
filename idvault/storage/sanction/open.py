"""Whether an account, or one of its public accounts, is in a dispute that nobody may escape."""

from datetime import datetime
from typing import Any

from sqlalchemy import literal_column, select

from idvault.domain.sanction.sanction import SanctionState
from idvault.storage.base.connection import Connection
from idvault.storage.base.statement import Statement, param, scalar, statement
from idvault.storage.base.types import Micros
from idvault.storage.sanction.tables import sanctions

_PROPOSED: Statement[Any] = statement(
    select(sanctions.c.sanction_id)
    .where(
        sanctions.c.account_token == param("token"),
        sanctions.c.state == literal_column(f"'{SanctionState.PROPOSED.value}'"),
        sanctions.c.due_at > param("now", Micros),
        sanctions.c.public_account_id.is_(None) | (sanctions.c.public_account_id == param("public")),
    )
    .limit(literal_column("1")),
    scalar,
)


async def exists(
    connection: Connection, *, account_token: str, public_account_id: str, now: datetime
) -> bool:
    """Return whether a sanction of a public account, or of its owner, is proposed; the owner is locked."""
    which = {"token": account_token, "public": public_account_id}
    return await connection.one(_PROPOSED, **which, now=now) is not None
