"""The lists of sanctions, orders and operations, oldest first; a page follows the last row of the former."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, Integer, Select, String, Table, func, literal_column, or_, select, tuple_

from idvault.core.db.connection import Connection
from idvault.core.db.statement import Statement, param, scalar, statement
from idvault.core.db.types import Micros
from idvault.core.tables.sanction import sanctions
from idvault.sanction.rules.sanction import Sanction
from idvault.sanction.store.rows import from_row
from idvault.verify.error import FieldCode, InvalidError, Reason, Violation
from idvault.verify.sanction import SanctionState

_FIRST: dict[str, Any] = {"at": datetime(1970, 1, 1, tzinfo=UTC), "after": ""}
_LIMIT = param("limit", Integer)


class Listing:
    """A list of a relying party's rows by the time when they were made, then by their id."""

    def __init__(self, table: Table, made_at: Column[Any], row_id: Column[Any]) -> None:
        """Set the columns of the order."""
        self._order = made_at, row_id
        self._of_party = table.c.relying_party == param("party")
        self.place: Statement[datetime] = statement(
            select(made_at).where(self._of_party, row_id == param("row")), scalar
        )

    def page(self, query: Select[Any]) -> Select[Any]:
        """Return the query of a page, with parameters party, at, after and limit."""
        later = tuple_(*self._order) > tuple_(param("at", Micros), param("after", String))
        return query.where(self._of_party, later).order_by(*self._order).limit(_LIMIT)

    async def place_of(self, connection: Connection, relying_party: str, after: str) -> dict[str, Any]:
        """Return the place from which a list continues; raises InvalidError (INVALID_MESSAGE, page_token)."""
        if not after:
            return _FIRST
        found = await connection.one(self.place, party=relying_party, row=after)
        if found is None:
            raise InvalidError(Reason.INVALID_MESSAGE, Violation("page_token", FieldCode.CHARACTER))
        return {"at": found, "after": after}


SANCTIONS = Listing(sanctions, sanctions.c.imposed_at, sanctions.c.sanction_id)
# What has lapsed but is not stored so has left the state that it is stored in.
_IS_STILL = sanctions.c.due_at.is_(None) | (sanctions.c.due_at > param("now"))
_IN_STATE = (sanctions.c.state == param("state")) & _IS_STILL
_PAGE = SANCTIONS.page(select(sanctions))
# A condition that most lists do not have; it is applied to rows that another condition has chosen.
_PERHAPS_IN_STATE = or_(param("state", String) == "", _IN_STATE)
OF_PARTY: Statement[Sanction] = statement(_PAGE, from_row)
IN_STATE: Statement[Sanction] = statement(_PAGE.where(_IN_STATE), from_row)
OF_ACCOUNT: Statement[Sanction] = statement(
    _PAGE.where(sanctions.c.account_token == param("token"), _PERHAPS_IN_STATE), from_row
)
OF_OPERATION: Statement[Sanction] = statement(
    _PAGE.where(sanctions.c.operation_id == param("operation"), _PERHAPS_IN_STATE), from_row
)
OF_ORDER: Statement[Sanction] = statement(
    _PAGE.where(sanctions.c.order_digest == param("digest"), _PERHAPS_IN_STATE), from_row
)
# Every proposal lapses within 72 hours, so the index of lapses finds them among few others.
PROPOSED: Statement[int] = statement(
    select(func.count())
    .select_from(sanctions)
    .where(
        sanctions.c.due_at > param("now"),
        sanctions.c.due_at <= param("latest"),
        sanctions.c.state == literal_column(f"'{SanctionState.PROPOSED.value}'"),
    ),
    scalar,
)
FIRST_DUE: Statement[datetime] = statement(
    select(sanctions.c.due_at)
    .where(sanctions.c.due_at <= param("now"))
    .order_by(sanctions.c.due_at)
    .limit(literal_column("1")),
    scalar,
)
DUE: Statement[Sanction] = statement(
    select(sanctions).where(sanctions.c.due_at <= param("now")).order_by(sanctions.c.due_at).limit(_LIMIT),
    from_row,
)
