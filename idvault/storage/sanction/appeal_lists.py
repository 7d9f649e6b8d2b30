"""The lists of appeals, oldest first; each page follows the last appeal of the one before."""

from datetime import UTC, datetime

from sqlalchemy import Integer, String, func, literal_column, or_, select, tuple_

from idvault.domain.error import FieldCode, InvalidError, Reason, Violation
from idvault.domain.sanction.appeal import Appeal, AppealState
from idvault.ports.appeal import AppealFilter
from idvault.storage.base.connection import Connection
from idvault.storage.base.statement import Statement, param, scalar, statement
from idvault.storage.base.types import Micros
from idvault.storage.sanction import appeal_rows
from idvault.storage.sanction.tables import appeals

_NEVER = datetime(9999, 1, 1, tzinfo=UTC)
_FIRST = {"at": datetime(1970, 1, 1, tzinfo=UTC), "after": ""}
# Written out, so that the databases use the index of undecided appeals.
_UNDECIDED = appeals.c.state == literal_column(f"'{AppealState.FILED.value}'")
_IS_DUE = appeals.c.due_at <= param("due_before", Micros)
_OF_PARTY = appeals.c.relying_party == param("party")
_IN_STATE = appeals.c.state == param("state", String)
_LATER = tuple_(appeals.c.filed_at, appeals.c.appeal_id) > tuple_(param("at", Micros), param("after", String))
_LIMIT = param("limit", Integer)
_PAGE = (
    select(*appeal_rows.READ)
    .where(_OF_PARTY, _LATER, _IS_DUE)
    .order_by(appeals.c.filed_at, appeals.c.appeal_id)
    .limit(_LIMIT)
)
LIST_ALL: Statement[Appeal] = statement(_PAGE, appeal_rows.from_row)
LIST_IN_STATE: Statement[Appeal] = statement(_PAGE.where(_IN_STATE), appeal_rows.from_row)
# An account has few appeals: the optional condition is applied to them alone.
LIST_OF_ACCOUNT: Statement[Appeal] = statement(
    _PAGE.where(appeals.c.account_token == param("token"), or_(param("state", String) == "", _IN_STATE)),
    appeal_rows.from_row,
)
_PLACE: Statement[datetime] = statement(
    select(appeals.c.filed_at).where(_OF_PARTY, appeals.c.appeal_id == param("after")), scalar
)
NOT_NOTED: Statement[Appeal] = statement(
    select(*appeal_rows.READ)
    .where(_UNDECIDED, appeals.c.overdue_at.is_(None), _IS_DUE)
    .order_by(appeals.c.due_at)
    .limit(_LIMIT),
    appeal_rows.from_row,
)
COUNT_OVERDUE: Statement[int] = statement(select(func.count()).where(_UNDECIDED, _IS_DUE), scalar)
DELETABLE: Statement[Appeal] = statement(
    select(*appeal_rows.READ)
    .where(appeals.c.delete_at <= param("now", Micros))
    .order_by(appeals.c.delete_at)
    .limit(_LIMIT),
    appeal_rows.from_row,
)


async def page(
    connection: Connection, wanted: AppealFilter, *, after: str, limit: int, now: datetime
) -> list[Appeal]:
    """Return the appeals that follow another one; raises InvalidError (INVALID_MESSAGE, page_token)."""
    place = await _place(connection, wanted.relying_party, after)
    due_before = now if wanted.overdue else _NEVER
    state = AppealState.FILED if wanted.overdue else wanted.state
    common = {"party": wanted.relying_party, **place, "limit": limit, "due_before": due_before}
    if wanted.account_token is not None:
        word = "" if state is None else state.value
        return await connection.all(LIST_OF_ACCOUNT, **common, token=wanted.account_token, state=word)
    if state is None:
        return await connection.all(LIST_ALL, **common)
    return await connection.all(LIST_IN_STATE, **common, state=state.value)


async def _place(connection: Connection, relying_party: str, after: str) -> dict[str, object]:
    if not after:
        return dict(_FIRST)
    found = await connection.one(_PLACE, party=relying_party, after=after)
    if found is None:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("page_token", FieldCode.CHARACTER))
    return {"at": found, "after": after}
