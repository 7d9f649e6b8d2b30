"""Who confirms an identity: a registry, asked for a name and a number, or the provider of a proof.

A registry says whether a name and a number belong together. A provider has a page of its own, where a person
proves to be present, and signs how that ended.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from idvault_verify.claim import Identity
from idvault_verify.document import Document, DocumentType
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


@dataclass(frozen=True, slots=True)
class OpenProof:
    """A proof as a provider is asked for it.

    nonce: under which it is known, 26 characters. session: the reference of the session. return_url: where
    the browser goes at the end. identity: what was typed, None where nothing was (RESULT_ONLY). former: the
    number that the person had before, of which the provider is to say whether it was the same person's; None
    without an identity.
    """

    nonce: str = field(repr=False)
    session: str
    return_url: str
    identity: Identity | None = field(repr=False)
    former: Document | None = field(default=None, repr=False)


class ProofProvider(Protocol):
    """A provider of proofs (attest.assertion). Only `begin` may tell it a name and a number."""

    @property
    def name(self) -> str:
        """What people know it as."""
        ...

    @property
    def issuer(self) -> str:
        """Its name in what it signs."""
        ...

    @property
    def key(self) -> bytes:
        """The Ed25519 key with which it signs, 32 bytes."""
        ...

    def page(self, nonce: str) -> str:
        """Return the address of a proof's page."""
        ...

    async def begin(self, proof: OpenProof) -> None:
        """Open a proof; a repeat must change nothing. Raises UnavailableError (PROVIDER_UNAVAILABLE)."""
        ...

    async def assertion(self, nonce: str) -> str | None:
        """Return what it signed of a proof, always the same; None while the proof is open or not known.

        Must not check it. Raises UnavailableError (PROVIDER_UNAVAILABLE).
        """
        ...
