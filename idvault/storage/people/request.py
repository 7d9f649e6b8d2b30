"""The requests of roster members (ports.people.request), stored by the acts that they ask for."""

from dataclasses import dataclass

from idvault.domain.clock import ClockReading
from idvault.domain.request import Request
from idvault.storage.base.connection import Connection
from idvault.storage.base.database import Database
from idvault.storage.base.idempotency import Requests
from idvault.storage.people.tables import person_requests

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
        return await _REQUESTS.look_up("person_request.find", self.database, request)


async def remember(
    connection: Connection, request: Request, *, now: ClockReading, answer: bytes = b""
) -> bytes | None:
    """Store a new request within its act and return None, or return the stored answer to a repeat."""
    return await _REQUESTS.remember(connection, request, now=now.business, answer=answer)
