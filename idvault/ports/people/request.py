"""The requests of roster members, which make their mutations idempotent; kept for 7 days."""

from typing import Protocol

from idvault.domain.request import Request


class MemberRequestStore(Protocol):
    """Raises UnavailableError (STORE_UNAVAILABLE) where the store cannot answer.

    A request's caller is the actor id of the roster member who asks. Its row is written by the act that
    it asks for, first and in the same step.
    """

    async def find(self, request: Request) -> bytes | None:
        """Return the answer that was kept for a request, None if it is new.

        Must raise AlreadyExistsError (REQUEST_ID_REUSED) if the id was used for something else.
        """
        ...
