"""Whether an account, or one of its public accounts, is in a dispute that nobody may escape."""

from datetime import datetime
from typing import Any

from sqlalchemy import literal_column, select, union_all

from idvault.core.db.connection import Connection
from idvault.core.db.statement import Statement, param, scalar, statement
from idvault.core.db.types import Micros
from idvault.core.tables.sanction import appeals, sanctions
from idvault.verify.sanction import AppealState, SanctionState

_ABOUT = sanctions.c.public_account_id.is_(None) | (sanctions.c.public_account_id == param("public"))
_OPEN: Statement[Any] = statement(
    union_all(
        select(sanctions.c.sanction_id).where(
            sanctions.c.account_token == param("token"),
            sanctions.c.state == literal_column(f"'{SanctionState.PROPOSED.value}'"),
            sanctions.c.due_at > param("now", Micros),
            _ABOUT,
        ),
        select(appeals.c.sanction_id)
        .join_from(
            appeals,
            sanctions,
            (sanctions.c.account_token == appeals.c.account_token)
            & (sanctions.c.sanction_id == appeals.c.sanction_id),
        )
        .where(
            appeals.c.account_token == param("token"),
            appeals.c.state == literal_column(f"'{AppealState.FILED.value}'"),
            _ABOUT,
        ),
    ).limit(literal_column("1")),
    scalar,
)


async def exists(
    connection: Connection, *, account_token: str, public_account_id: str, now: datetime
) -> bool:
    """Return whether a sanction of a public account, or of its locked owner, is proposed or appealed."""
    which = {"token": account_token, "public": public_account_id}
    return await connection.one(_OPEN, **which, now=now) is not None
