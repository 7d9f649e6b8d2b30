"""A registry of people or organisations, which says whether a name and a number belong together."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from idvault_verify.claim import Identity
from idvault_verify.document import DocumentType
from idvault_verify.registry import RegistryAnswer

InTurn = Callable[[], Awaitable[bool]]
"""Waits for the turn of a call whose connection is there; returns whether it is not too late for it."""


@dataclass(frozen=True, slots=True)
class CallTurn:
    """The next slot of a clock, as asked for: after `now`, but not after `latest` (real time)."""

    name: str
    gap: timedelta
    now: datetime
    latest: datetime


@dataclass(frozen=True, slots=True)
class Reserved:
    """What a turn got. slot: when to call, None if the next slot was too late."""

    slot: datetime | None


async def at_any_time() -> bool:
    """Let a call be sent at any time."""
    return True


class RegistryLimits(Protocol):
    """What a registry can check."""

    @property
    def name_limit(self) -> int:
        """The maximum length of a name in code points."""
        ...

    @property
    def document_types(self) -> frozenset[DocumentType]:
        """The document types that the registry can check."""
        ...

    @property
    def can_query(self) -> bool:
        """Whether the result of a check can be queried.

        If not, the same check may be sent again with the same id and identity. The registry then repeats its
        answer or, if it has forgotten the check, decides (and charges) it again.
        """
        ...


class Registry(RegistryLimits, Protocol):
    """One registry. Calls must not raise: every failure is one of the answers."""

    async def check(
        self, *, ai: str, identity: Identity, patience: float, in_turn: InTurn = at_any_time
    ) -> RegistryAnswer:
        """Ask whether the identity is real, under an id that is permanently bound to it.

        Must return within `patience` seconds. Must return NOT_SENT only if the registry certainly did not
        accept the check, and UNKNOWN in doubt. Must await `in_turn` just before the first byte is sent, and
        if it says no, send nothing and return NO_TURN; so must a query.
        """
        ...

    async def query(self, *, ai: str, patience: float, in_turn: InTurn = at_any_time) -> RegistryAnswer:
        """Ask for the result of a check (only if can_query). NOT_FOUND: the registry has no such check."""
        ...

    async def probe(self, *, ai: str, patience: float, in_turn: InTurn = at_any_time) -> RegistryAnswer:
        """Learn whether a check would be answered now, without sending one. ai: an id of no check.

        Must send no name and no number, must cost nothing, and must take the turn of a check. NOT_FOUND: a
        check would be answered. Anything else is what a check would get, as far as this shows it.
        """
        ...


class CappedRegistry(RegistryLimits, Protocol):
    """A registry whose calls are capped, and whose next slot can be reserved before a check."""

    def turn(self, *, patience: float) -> CallTurn | None:
        """Return the turn that a check needs now; None if it needs none or would not be sent."""
        ...

    async def check(
        self, *, ai: str, identity: Identity, patience: float, reserved: Reserved | None = None
    ) -> RegistryAnswer:
        """Check as Registry does, in the reserved slot; without one it takes a slot itself.

        Must return NO_TURN if the turn got no slot.
        """
        ...

    async def query(self, *, ai: str, patience: float) -> RegistryAnswer:
        """Query as Registry does, in a slot that it takes itself."""
        ...

    async def probe(self, *, ai: str, patience: float, reserved: Reserved | None = None) -> RegistryAnswer:
        """Probe as Registry does, in the slot that was reserved for the check."""
        ...
