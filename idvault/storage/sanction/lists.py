"""The lists of sanctions, oldest first; each page follows the last sanction of the one before."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Integer, String, or_, select, tuple_

from idvault.domain.error import FieldCode, InvalidError, Reason, Violation
from idvault.domain.sanction.sanction import Sanction
from idvault.storage.base.connection import Connection
from idvault.storage.base.statement import Statement, param, scalar, statement
from idvault.storage.base.types import Micros
from idvault.storage.sanction.rows import from_row
from idvault.storage.sanction.tables import sanctions

_FIRST: dict[str, Any] = {"at": datetime(1970, 1, 1, tzinfo=UTC), "after": ""}
_OF_PARTY = sanctions.c.relying_party == param("party")
_LATER = tuple_(sanctions.c.imposed_at, sanctions.c.sanction_id) > tuple_(
    param("at", Micros), param("after", String)
)
# What has lapsed but is not stored so has left the state that it is stored in.
_IS_STILL = sanctions.c.due_at.is_(None) | (sanctions.c.due_at > param("now"))
_LIMIT = param("limit", Integer)
_PLACE: Statement[datetime] = statement(
    select(sanctions.c.imposed_at).where(_OF_PARTY, sanctions.c.sanction_id == param("sanction")), scalar
)
_PAGE = (
    select(sanctions)
    .where(_OF_PARTY, _LATER)
    .order_by(sanctions.c.imposed_at, sanctions.c.sanction_id)
    .limit(_LIMIT)
)
OF_PARTY: Statement[Sanction] = statement(_PAGE, from_row)
IN_STATE: Statement[Sanction] = statement(
    _PAGE.where(sanctions.c.state == param("state"), _IS_STILL), from_row
)
# An account has few sanctions: the optional condition is applied to them alone.
OF_ACCOUNT: Statement[Sanction] = statement(
    _PAGE.where(
        sanctions.c.account_token == param("token"),
        or_(param("state", String) == "", (sanctions.c.state == param("state")) & _IS_STILL),
    ),
    from_row,
)
DUE: Statement[Sanction] = statement(
    select(sanctions).where(sanctions.c.due_at <= param("now")).order_by(sanctions.c.due_at).limit(_LIMIT),
    from_row,
)


async def place_of(connection: Connection, relying_party: str, after: str) -> dict[str, Any]:
    """Return the place from which a list continues; raises InvalidError (INVALID_MESSAGE, page_token)."""
    if not after:
        return _FIRST
    found = await connection.one(_PLACE, party=relying_party, sanction=after)
    if found is None:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("page_token", FieldCode.CHARACTER))
    return {"at": found, "after": after}
