"""The requests of people, which make their mutations idempotent; kept for 7 days."""

from typing import Protocol

from idvault.domain.request import Request


class PersonRequestStore(Protocol):
    """Raises UnavailableError (STORE_UNAVAILABLE) where the store cannot answer.

    A request's relying_party is here the actor id of the person who asks. Its row is written by the act that
    it asks for, first and in the same step.
    """

    async def find(self, request: Request) -> bytes | None:
        """Return the answer that was kept for a request, None if it is new.

        Must raise AlreadyExistsError (REQUEST_ID_REUSED) if the id was used for something else.
        """
        ...
