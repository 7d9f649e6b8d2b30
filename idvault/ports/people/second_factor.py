"""The people's second factors: sealed secrets, charged tries, spent steps."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from idvault.attest.roster_member import RosterMember
from idvault.domain.clock import ClockReading
from idvault.domain.event import Event
from idvault.domain.request import Request
from idvault.domain.second_factor import Tries


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """One person's second factor as stored; secrets are sealed at rest.

    active: the secret that counts, None before the first was confirmed. pending: one that was begun and not
    confirmed. last_step: the step of the last success with the active secret.
    """

    actor_id: str
    active: bytes | None = field(repr=False)
    pending: bytes | None = field(repr=False)
    last_step: int | None
    tries: Tries


@dataclass(frozen=True, slots=True)
class FreshSecret:
    """A new secret. at_rest: as stored; for_person: the otpauth URI, HPKE-sealed to the person."""

    at_rest: bytes = field(repr=False)
    for_person: bytes = field(repr=False)


class SecondFactorStore(Protocol):
    """Raises UnavailableError (STORE_UNAVAILABLE) where the store cannot answer."""

    async def find(self, *, actor_id: str) -> SecondFactor | None:
        """Return a person's second factor."""
        ...

    async def begin(
        self, *, actor_id: str, fresh: FreshSecret, request: Request, now: ClockReading, event: Event
    ) -> bytes:
        """Store a pending secret in the place of a former one, with its event; return the answer to give.

        The request comes first: a repeat writes nothing and returns the answer of the first time. The active
        secret, its step and the tries must stay as they are.
        """
        ...

    async def charge(self, *, actor_id: str, now: ClockReading, event: Event) -> SecondFactor:
        """Charge one try (domain.second_factor.charge at now.real) and return what to compare with.

        Must be committed by itself before it returns, under the row's lock. `event` (field locked_until,
        ISO 8601) is written if this try was the last before a lock. Raises DeniedError
        (SECOND_FACTOR_LOCKED; SECOND_FACTOR_REFUSED for a person without any).
        """
        ...

    async def accept(self, *, actor_id: str, secret: bytes, step: int) -> bool:
        """Spend a step of the active secret and clear the tries; True if this call was the one.

        Compare-and-set: must change nothing and return False unless the secret is the active one and the
        step is greater than the last. Durable before it returns.
        """
        ...

    async def confirm(
        self, *, actor_id: str, secret: bytes, step: int, request: Request, now: ClockReading, event: Event
    ) -> bool:
        """Make the pending secret the active one, its step spent, the tries cleared, with the event.

        Must change nothing and return False unless the secret is the pending one. The request comes first;
        a repeat returns True.
        """
        ...


class SecondFactorSealer(Protocol):
    """Makes and recognises one-time codes; the only room that knows a secret in clear."""

    def fresh(self, *, roster_member: RosterMember, request_id: str) -> FreshSecret:
        """Return a new secret for a person of the roster."""
        ...

    def match(self, *, actor_id: str, at_rest: bytes, code: str, now: datetime) -> int | None:
        """Return the step that a code stands for within the window around a real time, None if it is wrong.

        Raises DamagedError (RECORD_DAMAGED) if the secret does not open.
        """
        ...
