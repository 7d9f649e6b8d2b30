"""What ends the open disavowal of an account, from whatever capability: its holder's proof, or its end."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, literal_column, update

from idvault.core.db.connection import Connection
from idvault.core.db.statement import Statement, param, scalar, statement
from idvault.core.tables.session import disavowals, waiting_disavowals
from idvault_verify.session import DisavowalState

_FORGET = statement(delete(waiting_disavowals).where(waiting_disavowals.c.account_token == param("token")))
# Few are of an account, so no index by state is needed.
_CLOSE: Statement[str] = statement(
    update(disavowals)
    .where(
        disavowals.c.account_token == param("token"),
        disavowals.c.state == literal_column(f"'{DisavowalState.FILED.value}'"),
    )
    .values(
        state=param("state"),
        decided_at=param("now"),
        person_id=None,
        reason="",
        proposed_by=None,
        proposed_at=None,
        proposal_digest=None,
    )
    .returning(disavowals.c.disavowal_id),
    scalar,
)


async def answered(connection: Connection, account_token: str, *, now: datetime) -> Sequence[str]:
    """Reject what is open of a locked account, whose holder proved to be its person; return the ids.

    What its platform was not told of is forgotten.
    """
    return await _close(connection, account_token, DisavowalState.REJECTED, now)


async def ended(connection: Connection, account_token: str, *, now: datetime) -> Sequence[str]:
    """End what is open of a locked account that has no verification any more; return the ids."""
    return await _close(connection, account_token, DisavowalState.ENDED, now)


async def _close(
    connection: Connection, account_token: str, state: DisavowalState, now: datetime
) -> Sequence[str]:
    await connection.run(_FORGET, token=account_token)
    return await connection.all(_CLOSE, token=account_token, state=state.value, now=now)
