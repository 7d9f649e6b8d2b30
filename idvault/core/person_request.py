"""The requests of roster members, which make their mutations idempotent; kept for 7 days.

A request's caller is the member's actor id. Its row is written by the act that it asks for.
"""

from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.idempotency import Requests
from idvault.core.request import Request
from idvault.core.tables.people import person_requests
from idvault_verify.clock import ClockReading

_REQUESTS = Requests(person_requests, caller="actor_id", answer=lambda row: bytes(row.answer))

find = _REQUESTS.find
conclude = _REQUESTS.conclude
forget = _REQUESTS.forget


async def look_up(database: Database, request: Request) -> bytes | None:
    """Return the stored answer to a request, or None if it is new; raises UnavailableError and as `find`."""
    return await _REQUESTS.look_up("person_request.find", database, request)


async def remember(
    connection: Connection, request: Request, *, now: ClockReading, answer: bytes = b""
) -> bytes | None:
    """Store a new request within its act and return None, or return the stored answer to a repeat."""
    return await _REQUESTS.remember(connection, request, now=now.business, answer=answer)
