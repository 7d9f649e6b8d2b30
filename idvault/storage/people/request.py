"""The requests of people (ports.people.request), and their place in the acts that they ask for."""

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
    """Requests of people in the main database."""

    database: Database

    async def find(self, request: Request) -> bytes | None:
        """Return the answer that was kept for a request, None if it is new."""
        return await _REQUESTS.look_up("person_request.find", self.database, request)


async def remember(
    connection: Connection, request: Request, *, now: ClockReading, answer: bytes = b""
) -> bytes | None:
    """Store a request within its act and return None, or return the kept answer of the same one before."""
    return await _REQUESTS.remember(connection, request, now=now.business, answer=answer)
