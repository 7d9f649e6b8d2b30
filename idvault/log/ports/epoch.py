"""The statements of the log's epochs in the main database; those of the shred database are a note there."""

from collections.abc import Sequence
from typing import Protocol


class EpochMain(Protocol):
    """Every method raises UnavailableError (STORE_UNAVAILABLE)."""

    async def latest(self) -> bytes | None:
        """Return the statements as the public epochs.json has them, None if there are none."""
        ...

    async def begun(self, entry_ids: Sequence[str]) -> set[str]:
        """Return which of these log entries the database has, with a place in the log or without."""
        ...

    async def keep(self, content: bytes) -> None:
        """Replace the statements durably."""
        ...
