"""The identity of a deployment, kept in both databases."""

from typing import Protocol


class DeploymentStore(Protocol):
    """Raises UnavailableError (STORE_UNAVAILABLE) where a database cannot be reached."""

    async def ensure(self, *, candidate: str) -> str:
        """Give both databases one deployment id if neither has one; return it.

        Must raise PreconditionError (ILLEGAL_TRANSITION) if the two ids differ or only one database has one:
        then they are not of one deployment, and writing would lose records.
        """
        ...

    async def check(self) -> str:
        """Return the id that both have; raises as `ensure` does, also if neither has one."""
        ...
