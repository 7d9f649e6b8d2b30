"""Rows of objections: what an owner writes against something, to be decided by a day (appeals, contests).

Each kind has a table of its own with the same columns, beside what it is against and what only its decisions
have. The sealed text is in the row, and is read and deleted by itself.
"""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import Table, insert, select, update

from idvault.core.db.connection import Connection
from idvault.core.db.locking import for_change
from idvault.core.db.statement import Statement, param, statement
from idvault.sealing.moderation_text_ports import SealedModerationText
from idvault.verify.error import NotFoundError, Reason

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
