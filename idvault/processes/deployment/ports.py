"""The deployment id, stored in both databases."""

from typing import Protocol


class DeploymentStore(Protocol):
    """Every method raises UnavailableError (STORE_UNAVAILABLE) if a database cannot be reached."""

    async def ensure(self, *, candidate: str) -> str:
        """Return the deployment id; if neither database has one, store the candidate in both.

        Must raise PreconditionError (ILLEGAL_TRANSITION) if the two ids differ or only one database has one:
        the databases then belong to different deployments, and writing would lose records.
        """
        ...

    async def check(self) -> str:
        """Return the id of both databases; raises as `ensure` does, and also if neither has one."""
        ...
