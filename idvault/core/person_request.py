"""The requests of roster members (core.person_request_ports), stored by the acts that they ask for."""

from dataclasses import dataclass

from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.idempotency import Requests
from idvault.core.request import Request
from idvault.core.tables.people import person_requests
from idvault.verify.clock import ClockReading

_REQUESTS = Requests(person_requests, caller="actor_id", answer=lambda row: bytes(row.answer))

find = _REQUESTS.find
conclude = _REQUESTS.conclude
forget = _REQUESTS.forget


@dataclass(kw_only=True, eq=False, repr=False)
class SqlMemberRequestStore:
    """Requests of roster members in the main database."""

    database: Database

    async def find(self, request: Request) -> bytes | None:
        """Return the stored answer to a request, or None if it is new."""
        return await look_up(self.database, request)


async def look_up(database: Database, request: Request) -> bytes | None:
    """Return the stored answer to a request, or None if it is new; raises UnavailableError and as `find`."""
    return await _REQUESTS.look_up("person_request.find", database, request)


async def remember(
    connection: Connection, request: Request, *, now: ClockReading, answer: bytes = b""
) -> bytes | None:
    """Store a new request within its act and return None, or return the stored answer to a repeat."""
    return await _REQUESTS.remember(connection, request, now=now.business, answer=answer)
