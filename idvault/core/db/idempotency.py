"""Request ids in storage: a repeated mutation is carried out only once.

- The act that a request asks for writes the request's row, in the same transaction.
- A repeat with the same body gets the stored answer; its act must write nothing.
- A different body with the same caller and id raises AlreadyExistsError (REQUEST_ID_REUSED).
- Rows are deleted after a retention time; the id then counts as new.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import Table, delete, select, update

from idvault.core import request as rules
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import param, statement, upsert
from idvault.core.request import Request

T = TypeVar("T")


class Kept(NamedTuple, Generic[T]):
    """A stored request. fingerprint: a keyed hash of method and body; answer: what a repeat receives."""

    fingerprint: bytes
    answer: T


class Requests(Generic[T]):
    """The requests of one table, kept as a constant beside it.

    The table's columns: the caller, request_id, fingerprint, made_at, and those of the answer.
    """

    def __init__(self, table: Table, *, caller: str, answer: Callable[[Any], T]) -> None:
        """Build the statements. caller: the column that names the caller; answer: builds it from a row."""
        key = [table.c[caller], table.c.request_id]
        this = (key[0] == param("caller")) & (key[1] == param("request_id"))
        given = {caller: param("caller")} | {
            column.name: param(column.name) for column in table.c if column.name != caller
        }
        known = (caller, "request_id", "fingerprint", "made_at")
        later = {name: value for name, value in given.items() if name not in known}
        self._add = statement(
            upsert(table).values(given).on_conflict_do_nothing(index_elements=key).returning(key[1])
        )
        self._find = statement(
            select(table).where(this), lambda row: Kept(bytes(row.fingerprint), answer(row))
        )
        self._conclude = statement(update(table).where(this).values(later))
        self._forget = statement(delete(table).where(table.c.made_at < param("before")))

    async def remember(
        self, connection: Connection, request: Request, *, now: datetime, **answer: Any
    ) -> T | None:
        """Store a new request and return None, or return the stored answer to a repeat.

        If another open act has stored the request, waits until that act ends. answer: the answer's columns.
        """
        if request.former and (former := await self.find(connection, request)) is not None:
            return former
        new = await connection.one(
            self._add,
            caller=request.caller,
            request_id=request.request_id,
            fingerprint=request.fingerprint,
            made_at=now,
            **answer,
        )
        return None if new is not None else await self.find(connection, request)

    async def conclude(self, connection: Connection, request: Request, **answer: Any) -> None:
        """Store the answer to a request whose row this act wrote before the answer was known."""
        await connection.run(self._conclude, **_key(request), **answer)

    async def find(self, connection: Connection, request: Request) -> T | None:
        """Return the stored answer to a request, or None if the request is new."""
        return await _known(request, partial(connection.one, self._find))

    async def look_up(self, name: str, database: Database, request: Request) -> T | None:
        """Return the stored answer in a separate read with this name."""
        return await _known(request, partial(database.one, name, self._find))

    async def forget(self, connection: Connection, *, before: datetime) -> int:
        """Delete the requests made before a business time; return how many."""
        return await connection.run(self._forget, before=before)


def _key(request: Request) -> dict[str, str]:
    return {"caller": request.caller, "request_id": request.request_id}


async def _known(request: Request, find: Callable[..., Awaitable[Kept[T] | None]]) -> T | None:
    """Return the stored answer to a request, looked for under every id that it may have."""
    for kept_id, fingerprints in request.known_as().items():
        kept = await find(caller=request.caller, request_id=kept_id)
        if kept is not None:
            rules.check_same(stored=kept.fingerprint, asked=fingerprints)
            return kept.answer
    return None
