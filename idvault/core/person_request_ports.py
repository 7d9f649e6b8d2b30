"""Requests of roster members, which make their mutations idempotent; kept for 7 days."""

from typing import Protocol

from idvault.core.request import Request


class MemberRequestStore(Protocol):
    """Raises UnavailableError (STORE_UNAVAILABLE) if the store cannot answer.

    A request's caller is the roster member's actor id. The requested act writes the request row first, in the
    same step.
    """

    async def find(self, request: Request) -> bytes | None:
        """Return the stored answer of a request, None if the request is new.

        Must raise AlreadyExistsError (REQUEST_ID_REUSED) if the id was used for something else.
        """
        ...
