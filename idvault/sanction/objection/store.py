"""Lists and rows of appeals and contests.

Rows of objections: what an owner writes against something, to be decided by a day (appeals, contests).

Each kind has a table of its own with the same columns, beside what it is against and what only its decisions
have. The sealed text is in the row, and is read and deleted by itself.

The lists of objections, oldest first; each page follows the last objection of the one before.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import Integer, String, Table, func, insert, literal_column, or_, select, tuple_, update

from idvault.core.db.connection import Connection
from idvault.core.db.locking import for_change
from idvault.core.db.statement import Statement, param, scalar, statement
from idvault.core.db.types import Micros
from idvault.sealing.moderation_text_ports import SealedModerationText
from idvault.verify.error import FieldCode, InvalidError, NotFoundError, Reason, Violation

_TEXT = ("key_version", "text")
_BEGIN = ("account_token", "relying_party", "filed_at", "due_at")
_LIFE = ("state", "overdue_at", "decided_at", "reason", "delete_at", "text_deleted_at")


class Objection(Protocol):
    """What appeals and contests have in common."""

    @property
    def account_token(self) -> str:
        """The account whose owner objects."""
        ...

    @property
    def state(self) -> StrEnum:
        """FILED until it is decided."""
        ...

    @property
    def filed_at(self) -> datetime:
        """When it was filed."""
        ...


T = TypeVar("T", bound=Objection)


class ObjectionRows(Generic[T]):
    """The statements of one kind, made once, when its module is imported."""

    def __init__(
        self,
        table: Table,
        *,
        key: str,
        against: str,
        state: Callable[[str], StrEnum],
        make: Callable[..., T],
        decided: tuple[str, ...] = (),
        unknown: Reason,
    ) -> None:
        """Name the columns that differ.

        key: the id. against: the id of what it is against. decided: what only a decision has. Columns and
        fields have the same names. unknown: the reason if there is none.
        """
        self.table, self.key, self.against = table, key, against
        self._state, self._make, self._unknown = state, make, unknown
        self._life = (*_LIFE, *decided)
        self._names = (key, against, *_BEGIN, *self._life)
        columns = table.c
        self.read = [column for column in columns if column.name not in _TEXT]
        mine = (columns.account_token == param("token")) & (columns[key] == param("objection"))
        self.GET: Statement[T] = statement(
            select(*self.read).where(
                columns[key] == param("objection"), columns.relying_party == param("party")
            ),
            self.from_row,
        )
        self.AGAINST: Statement[T] = statement(
            select(*self.read).where(
                columns.account_token == param("token"), columns[against] == param("against")
            ),
            self.from_row,
        )
        self.TEXT: Statement[SealedModerationText | None] = statement(
            select(columns.key_version, columns.text).where(mine), _sealed
        )
        self._lock: Statement[T] = statement(for_change(select(*self.read).where(mine)), self.from_row)
        self._add = statement(insert(table))
        self._put = statement(update(table).where(mine).values({name: param(name) for name in self._life}))
        self._delete_text = statement(update(table).where(mine).values(text=None))

    def from_row(self, row: Any) -> T:
        """Return the objection in a row of `read`."""
        given = {name: getattr(row, name) for name in self._names}
        return self._make(**{**given, "state": self._state(given["state"])})

    async def get(self, connection: Connection, relying_party: str, objection_id: str) -> T:
        """Return a relying party's objection; raises NotFoundError."""
        found = await connection.one(self.GET, party=relying_party, objection=objection_id)
        if found is None:
            raise NotFoundError(self._unknown)
        return found

    async def lock(self, connection: Connection, objection: T) -> T:
        """Return one as it is stored now, locked; the account's row must be locked before."""
        return await connection.only(self._lock, **self._mine(objection))

    async def against_id(self, connection: Connection, *, account_token: str, id_: str) -> T | None:
        """Return the objection against one thing."""
        return await connection.one(self.AGAINST, token=account_token, against=id_)

    async def text(self, connection: Connection, objection: T) -> SealedModerationText | None:
        """Return the sealed text; None once it is deleted."""
        return await connection.only(self.TEXT, **self._mine(objection))

    async def add(self, connection: Connection, objection: T, sealed: SealedModerationText) -> None:
        """Insert a new one with its text."""
        given = {name: getattr(objection, name) for name in self._names}
        given |= {"state": objection.state.value, "key_version": sealed.key_version, "text": sealed.data}
        await connection.later(self._add, **given)

    async def put(self, connection: Connection, objection: T) -> None:
        """Store the state of one whose row this act has locked."""
        life = {name: getattr(objection, name) for name in self._life}
        life["state"] = objection.state.value
        await connection.later(self._put, **self._mine(objection), **life)

    async def delete_text(self, connection: Connection, objection: T) -> None:
        """Remove the text of one whose row this act has locked."""
        await connection.later(self._delete_text, **self._mine(objection))

    def _mine(self, objection: T) -> dict[str, str]:
        return {"token": objection.account_token, "objection": getattr(objection, self.key)}


def _sealed(row: Any) -> SealedModerationText | None:
    return None if row.text is None else SealedModerationText(row.key_version, bytes(row.text))


_NEVER = datetime(9999, 1, 1, tzinfo=UTC)
_FIRST = {"at": datetime(1970, 1, 1, tzinfo=UTC), "after": ""}
_FILED = "FILED"
ListedT = TypeVar("ListedT", bound=Objection)


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


class ObjectionLists(Generic[ListedT]):
    """The statements of one kind, made once, when its module is imported."""

    def __init__(self, rows: ObjectionRows[ListedT]) -> None:
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
        self.ALL: Statement[ListedT] = statement(all_of, rows.from_row)
        self.IN_STATE: Statement[ListedT] = statement(all_of.where(in_state), rows.from_row)
        # An account has few: the optional condition is applied to them alone.
        of_account = columns.account_token == param("token")
        self.OF_ACCOUNT: Statement[ListedT] = statement(
            all_of.where(of_account, or_(param("state", String) == "", in_state)), rows.from_row
        )
        self._place: Statement[datetime] = statement(
            select(columns.filed_at).where(of_party, key == param("after")), scalar
        )
        self.NOT_NOTED: Statement[ListedT] = statement(
            select(*rows.read)
            .where(undecided, columns.overdue_at.is_(None), is_due)
            .order_by(columns.due_at)
            .limit(limit),
            rows.from_row,
        )
        self.COUNT_OVERDUE: Statement[int] = statement(
            select(func.count()).where(undecided, is_due).select_from(rows.table), scalar
        )
        self.DELETABLE: Statement[ListedT] = statement(
            select(*rows.read)
            .where(columns.delete_at <= param("now", Micros))
            .order_by(columns.delete_at)
            .limit(limit),
            rows.from_row,
        )

    async def page(
        self, connection: Connection, wanted: Filter, *, after: str, limit: int, now: datetime
    ) -> list[ListedT]:
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
