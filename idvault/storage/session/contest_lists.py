"""The lists of contests, oldest first; each page follows the last contest of the one before."""

from datetime import UTC, datetime

from sqlalchemy import Integer, String, func, literal_column, or_, select, tuple_

from idvault.domain.error import FieldCode, InvalidError, Reason, Violation
from idvault.domain.session.contest import Contest, ContestState
from idvault.ports.contest import ContestFilter
from idvault.storage.base.connection import Connection
from idvault.storage.base.statement import Statement, param, scalar, statement
from idvault.storage.base.types import Micros
from idvault.storage.session import contest_rows
from idvault.storage.session.tables import contests

_NEVER = datetime(9999, 1, 1, tzinfo=UTC)
_FIRST = {"at": datetime(1970, 1, 1, tzinfo=UTC), "after": ""}
# Written out, so that the databases use the index of undecided contests.
_UNDECIDED = contests.c.state == literal_column(f"'{ContestState.FILED.value}'")
_IS_DUE = contests.c.due_at <= param("due_before", Micros)
_OF_PARTY = contests.c.relying_party == param("party")
_IN_STATE = contests.c.state == param("state", String)
_LATER = tuple_(contests.c.filed_at, contests.c.contest_id) > tuple_(
    param("at", Micros), param("after", String)
)
_LIMIT = param("limit", Integer)
_PAGE = (
    select(*contest_rows.READ)
    .where(_OF_PARTY, _LATER, _IS_DUE)
    .order_by(contests.c.filed_at, contests.c.contest_id)
    .limit(_LIMIT)
)
LIST_ALL: Statement[Contest] = statement(_PAGE, contest_rows.from_row)
LIST_IN_STATE: Statement[Contest] = statement(_PAGE.where(_IN_STATE), contest_rows.from_row)
# An account has few contests: the optional condition is applied to them alone.
LIST_OF_ACCOUNT: Statement[Contest] = statement(
    _PAGE.where(contests.c.account_token == param("token"), or_(param("state", String) == "", _IN_STATE)),
    contest_rows.from_row,
)
_PLACE: Statement[datetime] = statement(
    select(contests.c.filed_at).where(_OF_PARTY, contests.c.contest_id == param("after")), scalar
)
NOT_NOTED: Statement[Contest] = statement(
    select(*contest_rows.READ)
    .where(_UNDECIDED, contests.c.overdue_at.is_(None), _IS_DUE)
    .order_by(contests.c.due_at)
    .limit(_LIMIT),
    contest_rows.from_row,
)
COUNT_OVERDUE: Statement[int] = statement(select(func.count()).where(_UNDECIDED, _IS_DUE), scalar)
DELETABLE: Statement[Contest] = statement(
    select(*contest_rows.READ)
    .where(contests.c.delete_at <= param("now", Micros))
    .order_by(contests.c.delete_at)
    .limit(_LIMIT),
    contest_rows.from_row,
)


async def page(
    connection: Connection, wanted: ContestFilter, *, after: str, limit: int, now: datetime
) -> list[Contest]:
    """Return the contests that follow another one; raises InvalidError (INVALID_MESSAGE, page_token)."""
    place = await _place(connection, wanted.relying_party, after)
    due_before = now if wanted.overdue else _NEVER
    state = ContestState.FILED if wanted.overdue else wanted.state
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
