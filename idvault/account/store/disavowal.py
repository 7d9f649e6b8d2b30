"""What ends the open disavowal of an account, from whatever capability: its holder's proof, or its end."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, literal_column, update

from idvault.core.db.connection import Connection
from idvault.core.db.statement import Statement, param, scalar, statement
from idvault.core.tables.session import disavowals, waiting_disavowals
from idvault_verify.session import DisavowalState

_WAITS = waiting_disavowals.c.account_token == param("token")
_OPEN = (
    disavowals.c.account_token == param("token"),
    disavowals.c.state == literal_column(f"'{DisavowalState.FILED.value}'"),
)
_FORGET = statement(delete(waiting_disavowals).where(_WAITS))
_FORGET_OWN = statement(
    delete(waiting_disavowals).where(_WAITS, waiting_disavowals.c.person_id == param("person"))
)


# Few are of an account, so no index by state is needed.
def _close(*whose: ColumnElement[bool]) -> Statement[str]:
    return statement(
        update(disavowals)
        .where(*_OPEN, *whose)
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


_CLOSE = _close()
_CLOSE_OWN = _close(disavowals.c.person_id == param("person"))


async def answered(
    connection: Connection, account_token: str, *, person_id: str, now: datetime
) -> Sequence[str]:
    """Reject what a person disowned of a locked account whose holder was present as that person.

    Return the ids. What its platform was not told of is forgotten. Whoever renews the account by a number
    that a notice of the registry paired with that person's is another person until both are joined.
    """
    own = {"token": account_token, "person": person_id}
    await connection.run(_FORGET_OWN, **own)
    return await connection.all(_CLOSE_OWN, **own, state=DisavowalState.REJECTED.value, now=now)


async def ended(connection: Connection, account_token: str, *, now: datetime) -> Sequence[str]:
    """End what is open of a locked account that has no verification any more; return the ids."""
    await connection.run(_FORGET, token=account_token)
    return await connection.all(_CLOSE, token=account_token, state=DisavowalState.ENDED.value, now=now)
