"""The lists of objections, oldest first; each page follows the last objection of the one before."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from sqlalchemy import Integer, String, func, literal_column, or_, select, tuple_

from idvault.core.db.connection import Connection
from idvault.core.db.statement import Statement, param, scalar, statement
from idvault.core.db.types import Micros
from idvault.sanction.objection.store.objection_rows import Objection, ObjectionRows
from idvault.verify.error import FieldCode, InvalidError, Reason, Violation

_NEVER = datetime(9999, 1, 1, tzinfo=UTC)
_FIRST = {"at": datetime(1970, 1, 1, tzinfo=UTC), "after": ""}
_FILED = "FILED"
T = TypeVar("T", bound=Objection)


class Filter(Protocol):
    """Which objections to list: of an account, in a state, overdue; None and False: all."""

    @property
    def relying_party(self) -> str:
        """Whose."""
        ...

    @property
    def account_token(self) -> str | None:
        """Of this account."""
        ...

    @property
    def state(self) -> StrEnum | None:
        """In this state."""
        ...

    @property
    def overdue(self) -> bool:
        """Not decided, although they are due."""
        ...


class ObjectionLists(Generic[T]):
    """The statements of one kind, made once, when its module is imported."""

    def __init__(self, rows: ObjectionRows[T]) -> None:
        """Make the lists of rows."""
        columns, key = rows.table.c, rows.table.c[rows.key]
        # Written out, so that the databases use the index of undecided ones.
        undecided = columns.state == literal_column(f"'{_FILED}'")
        is_due = columns.due_at <= param("due_before", Micros)
        of_party = columns.relying_party == param("party")
        in_state = columns.state == param("state", String)
        later = tuple_(columns.filed_at, key) > tuple_(param("at", Micros), param("after", String))
        limit = param("limit", Integer)
        page = select(*rows.read).where(of_party, later, is_due)
        all_of = page.order_by(columns.filed_at, key).limit(limit)
        self.ALL: Statement[T] = statement(all_of, rows.from_row)
        self.IN_STATE: Statement[T] = statement(all_of.where(in_state), rows.from_row)
        # An account has few: the optional condition is applied to them alone.
        of_account = columns.account_token == param("token")
        self.OF_ACCOUNT: Statement[T] = statement(
            all_of.where(of_account, or_(param("state", String) == "", in_state)), rows.from_row
        )
        self._place: Statement[datetime] = statement(
            select(columns.filed_at).where(of_party, key == param("after")), scalar
        )
        self.NOT_NOTED: Statement[T] = statement(
            select(*rows.read)
            .where(undecided, columns.overdue_at.is_(None), is_due)
            .order_by(columns.due_at)
            .limit(limit),
            rows.from_row,
        )
        self.COUNT_OVERDUE: Statement[int] = statement(
            select(func.count()).where(undecided, is_due).select_from(rows.table), scalar
        )
        self.DELETABLE: Statement[T] = statement(
            select(*rows.read)
            .where(columns.delete_at <= param("now", Micros))
            .order_by(columns.delete_at)
            .limit(limit),
            rows.from_row,
        )

    async def page(
        self, connection: Connection, wanted: Filter, *, after: str, limit: int, now: datetime
    ) -> list[T]:
        """Return those that follow another one; raises InvalidError (INVALID_MESSAGE, page_token)."""
        place = await self._after(connection, wanted.relying_party, after)
        due_before = now if wanted.overdue else _NEVER
        state = _FILED if wanted.overdue else wanted.state and wanted.state.value
        common = {"party": wanted.relying_party, **place, "limit": limit, "due_before": due_before}
        if wanted.account_token is not None:
            word = state or ""
            return await connection.all(self.OF_ACCOUNT, **common, token=wanted.account_token, state=word)
        if state is None:
            return await connection.all(self.ALL, **common)
        return await connection.all(self.IN_STATE, **common, state=state)

    async def _after(self, connection: Connection, relying_party: str, after: str) -> dict[str, object]:
        if not after:
            return dict(_FIRST)
        found = await connection.one(self._place, party=relying_party, after=after)
        if found is None:
            raise InvalidError(Reason.INVALID_MESSAGE, Violation("page_token", FieldCode.CHARACTER))
        return {"at": found, "after": after}
