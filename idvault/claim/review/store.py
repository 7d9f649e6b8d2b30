"""Rows of reviews."""

from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, delete, exists, func, or_, select

from idvault.claim.review.rules import Review
from idvault.core.db.connection import Connection
from idvault.core.db.statement import Micros, Statement, param, statement
from idvault.core.rows import Rows
from idvault.core.tables.account import accounts
from idvault.core.tables.claim import reviews
from idvault_verify.claim import ReviewState
from idvault_verify.error import Reason

_C = reviews.c
OPEN, OF_REVIEWER = "open", "of_reviewer"
_BY = or_(_C.reviewer_id == param("reviewer"), _C.confirmed_by == param("reviewer"))
_WAITS = _C.state == ReviewState.PROPOSED.value
ROWS = Rows(
    Review,
    reviews,
    key="review_id",
    made_at="reviewed_at",
    unknown=Reason.REVIEW_NOT_FOUND,
    states={OPEN: and_(_WAITS, _C.reviewed_at > param("since", Micros)), OF_REVIEWER: _BY},
)
_OF_PARTY = _C.relying_party == param("party")
_SIGNED = or_(
    and_(_C.reviewer_id == param("reviewer"), _C.reviewed_at > param("since", Micros)),
    and_(_C.confirmed_by == param("reviewer"), _C.confirmed_at > param("since", Micros)),
)
_OWN_TIME = case((_C.reviewer_id == param("reviewer"), _C.reviewed_at), else_=_C.confirmed_at)
_COUNT: Statement[Any] = statement(
    select(func.count(), func.min(_OWN_TIME, type_=Micros())).where(_OF_PARTY, _SIGNED),
    lambda row: (row[0], row[1]),
)
_NO_ACCOUNT = ~exists().where(accounts.c.account_token == _C.account_token)
_FORGET = statement(delete(reviews).where(_C.reviewed_at < param("before", Micros), or_(_WAITS, _NO_ACCOUNT)))


async def signed(
    connection: Connection, party: str, reviewer_id: str, *, since: datetime
) -> tuple[int, datetime | None]:
    """Return how many documents a reviewer has signed since a time, and when the first of them."""
    found: tuple[int, datetime | None] = await connection.only(
        _COUNT, party=party, reviewer=reviewer_id, since=since
    )
    return found


async def forget(connection: Connection, *, before: datetime) -> int:
    """Delete reviews of before a time that nobody confirmed, or whose account does not exist."""
    return await connection.run(_FORGET, before=before)
