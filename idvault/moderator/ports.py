"""What the flows of moderators need."""

from collections.abc import Collection
from typing import Protocol

from idvault.core.request import Request
from idvault.verify.clock import ClockReading
from idvault.verify.event import Event
from idvault.verify.moderator import Moderator


class ModeratorStore(Protocol):
    """The moderators of relying parties."""

    async def register(
        self, moderator: Moderator, *, countersigners: Collection[str], request: Request, event: Event
    ) -> Moderator:
        """Store a moderator; a key that is registered already keeps its moderator, and nothing is written.

        Two moderators of a relying party must never have the same key. Must apply
        verify.moderator.admit to what is stored, and lock those who are counted, so that no
        revocation comes between.
        """
        ...

    async def name(
        self, moderator: Moderator, *, request: Request | None, now: ClockReading, event: Event
    ) -> Moderator:
        """Store a moderator whom the operator names, as `register` does without countersigners.

        request: the operator's, None for a set-up that is safe to repeat.
        """
        ...

    async def of_key(self, *, relying_party: str, public_key: bytes) -> Moderator:
        """Return the moderator who has a key, revoked or not; raises NotFoundError (MODERATOR_NOT_FOUND)."""
        ...

    async def revoke(
        self, *, moderator_id: str, request: Request, now: ClockReading, event: Event
    ) -> Moderator:
        """Revoke a moderator; does nothing if it is revoked. Raises NotFoundError (MODERATOR_NOT_FOUND)."""
        ...

    async def get(self, *, relying_party: str, moderator_id: str) -> Moderator:
        """Return a moderator, revoked or not; raises NotFoundError (MODERATOR_NOT_FOUND)."""
        ...
