"""The requests of people (ports.person_request), and their place in the acts that they ask for."""

from datetime import datetime

from sqlalchemy import delete, select, update

from idvault.domain import request as request_rules
from idvault.domain.moment import Moment
from idvault.domain.request import Request
from idvault.storage.base.connection import Connection
from idvault.storage.base.database import Database
from idvault.storage.dialect import insert_if_absent
from idvault.storage.people.tables import person_requests


class SqlPersonRequestStore:
    """Requests of people in the main database."""

    def __init__(self, *, database: Database) -> None:
        """Take the main database."""
        self._database = database

    async def find(self, request: Request) -> bytes | None:
        """Return the answer that was kept for a request, None if it is new."""
        return await self._database.read("person_request.find", lambda connection: find(connection, request))


async def remember(
    connection: Connection, request: Request, *, now: Moment, answer: bytes = b""
) -> bytes | None:
    """Note a request within its act and return None; return the kept answer if it was noted before.

    Raises AlreadyExistsError (REQUEST_ID_REUSED). Whoever is told of a former answer must write nothing.
    """
    if await insert_if_absent(
        connection,
        person_requests,
        actor_id=request.relying_party,
        request_id=request.request_id,
        fingerprint=request.fingerprint,
        answer=answer,
        made_at=now.business,
    ):
        return None
    return await find(connection, request)


async def conclude(connection: Connection, request: Request, *, answer: bytes) -> None:
    """Keep the answer of a request that was noted within this act, where only the act's end knows it."""
    await connection.execute(
        update(person_requests)
        .where(
            person_requests.c.actor_id == request.relying_party,
            person_requests.c.request_id == request.request_id,
        )
        .values(answer=answer)
    )


async def forget(connection: Connection, *, before: datetime) -> int:
    """Delete the requests made before a business time; return how many."""
    old = person_requests.c.made_at < before
    return (await connection.execute(delete(person_requests).where(old))).rowcount


async def find(connection: Connection, request: Request) -> bytes | None:
    """Return the answer that was kept for a request, None if it is new; raises AlreadyExistsError."""
    query = select(person_requests.c.fingerprint, person_requests.c.answer).where(
        person_requests.c.actor_id == request.relying_party,
        person_requests.c.request_id == request.request_id,
    )
    row = (await connection.execute(query)).first()
    if row is None:
        return None
    request_rules.check_same(stored=row.fingerprint, asked=request.fingerprint)
    return bytes(row.answer)
