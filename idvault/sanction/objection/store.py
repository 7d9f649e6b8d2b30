"""Rows and lists of objections.

Each kind has a table of its own with the same columns, beside what it is against and what only its decisions
have. The sealed text is in the row, and is read and deleted by itself.
"""

from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import Integer, LargeBinary, String, Table, func, literal_column, or_, select, update

from idvault.core.db.connection import Connection
from idvault.core.db.deadline import PlatformDeadlines, by_platform
from idvault.core.db.statement import Micros, Statement, param, scalar, statement
from idvault.core.rows import Rows
from idvault.sanction.objection.rules import FILED, Objection, ObjectionFilter
from idvault.sealing.ports import SealedModerationText
from idvault_verify.error import Reason

T = TypeVar("T", bound=Objection)
_TEXT = ("key_version", "text")
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)
_ACCOUNT, _STATE = "account", "state"


def _sealed(row: Any) -> SealedModerationText | None:
    return None if row.text is None else SealedModerationText(row.key_version, bytes(row.text))


class ObjectionRows(Rows[T]):
    """The objections of one kind. key: the column of its id; against: of the id of what it is against."""

    def __init__(self, kind: type[T], table: Table, *, key: str, against: str, unknown: Reason) -> None:
        """Build the statements, once, when the module of the kind is imported."""
        columns, limit = table.c, param("limit", Integer)
        is_due = columns.due_at <= param("due_before", Micros)
        # Written out, so that the databases use the index of undecided ones.
        filed = columns.state == literal_column(f"'{FILED}'")
        undecided = filed & is_due
        in_state = columns.state == param("word", String)
        mine = (columns.account_token == param("token")) & (columns[key] == param("id"))
        # An account has few: the optional condition is applied to them alone.
        of_account = (columns.account_token == param("token")) & or_(param("word", String) == "", in_state)
        states = {_ACCOUNT: is_due & of_account, _STATE: is_due & in_state}
        super().__init__(
            kind, table, key=key, made_at="filed_at", unknown=unknown, states=states, apart=_TEXT
        )
        self.key, self.against = key, against
        self.AGAINST: Statement[T] = statement(
            self.query.where(
                columns.account_token == param("token"),
                columns[against] == param("against"),
                columns.relying_party == param("party"),
            ),
            self.from_row,
        )
        self.TEXT: Statement[SealedModerationText | None] = statement(
            select(columns.key_version, columns.text).where(mine), _sealed
        )
        self._delete_text = statement(update(table).where(mine).values(text=None))
        self._put_text = statement(
            update(table).where(mine).values(key_version=param("version"), text=param("sealed", LargeBinary))
        )
        not_noted = self.query.where(undecided, columns.overdue_at.is_(None))
        self.NOT_NOTED: Statement[T] = statement(
            not_noted.order_by(columns.due_at).limit(limit), self.from_row
        )
        self.COUNT_OVERDUE: Statement[int] = statement(
            select(func.count()).where(undecided).select_from(table), scalar
        )
        self.DEADLINES: Statement[PlatformDeadlines] = by_platform(
            table, columns.due_at, filed, index=f"ix_{table.name}_due"
        )
        deletable = self.query.where(columns.delete_at <= param("now", Micros))
        self.DELETABLE: Statement[T] = statement(
            deletable.order_by(columns.delete_at).limit(limit), self.from_row
        )

    def id_of(self, objection: T) -> str:
        """Return the id of one."""
        found: str = getattr(objection, self.key)
        return found

    async def find_against(
        self, connection: Connection, party: str, account_token: str, against: str
    ) -> T | None:
        """Return the one of a relying party's account against a thing."""
        return await connection.one(self.AGAINST, token=account_token, against=against, party=party)

    async def put_text(self, connection: Connection, objection: T, text: SealedModerationText) -> None:
        """Replace the text of one whose row this act has locked."""
        key = {"token": objection.account_token, "id": self.id_of(objection)}
        await connection.later(self._put_text, **key, version=text.key_version, sealed=text.data)

    async def text(self, connection: Connection, objection: T) -> SealedModerationText | None:
        """Return the sealed text; None once it is deleted."""
        return await connection.only(self.TEXT, token=objection.account_token, id=self.id_of(objection))

    async def delete_text(self, connection: Connection, objection: T) -> None:
        """Remove the text of one whose row this act has locked."""
        await connection.later(self._delete_text, token=objection.account_token, id=self.id_of(objection))

    async def listed(
        self,
        connection: Connection,
        party: str,
        wanted: ObjectionFilter,
        *,
        after: str,
        limit: int,
        now: datetime,
    ) -> tuple[list[T], str]:
        """Return a page as `page` does; of what is overdue, that of now."""
        due_before = now if wanted.overdue else _NEVER
        word = FILED if wanted.overdue else wanted.state.value if wanted.state else ""
        narrowed: dict[str, Any] = {}
        if wanted.account_token is not None:
            narrowed = {"state": _ACCOUNT, "token": wanted.account_token}
        elif word:
            narrowed = {"state": _STATE}
        if narrowed:
            narrowed |= {"word": word, "due_before": due_before}
        return await self.page(connection, party, after=after, limit=limit, **narrowed)
