"""Whether an account, or one of its public accounts, is in a dispute that nobody may escape."""

from datetime import datetime
from typing import Any

from sqlalchemy import literal_column, select, union_all

from idvault.domain.sanction.appeal import AppealState
from idvault.domain.sanction.sanction import SanctionState
from idvault.storage.base.connection import Connection
from idvault.storage.base.statement import Statement, param, scalar, statement
from idvault.storage.base.types import Micros
from idvault.storage.sanction.tables import appeals, sanctions

_OPEN: Statement[Any] = statement(
    union_all(
        select(sanctions.c.sanction_id).where(
            sanctions.c.account_token == param("token"),
            sanctions.c.state == literal_column(f"'{SanctionState.PROPOSED.value}'"),
            sanctions.c.due_at > param("now", Micros),
        ),
        select(appeals.c.sanction_id).where(
            appeals.c.account_token == param("token"),
            appeals.c.state == literal_column(f"'{AppealState.FILED.value}'"),
        ),
    ).limit(literal_column("1")),
    scalar,
)


async def exists(connection: Connection, *, account_token: str, now: datetime) -> bool:
    """Return whether a sanction of an account whose row this act has locked is proposed or appealed."""
    return await connection.one(_OPEN, token=account_token, now=now) is not None
