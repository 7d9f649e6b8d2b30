"""Roster members' second factors: sealed secrets, charged tries and spent time steps."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from idvault.core.request import Request
from idvault.core.second_factor import Tries
from idvault.sealing.ports import FreshSecret
from idvault.verify.attest.people.roster_member import RosterMember
from idvault.verify.clock import ClockReading
from idvault.verify.event import Event


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """One roster member's second factor as stored; secrets are sealed at rest.

    active: the secret in use, None before the first confirmation. pending: a new secret that is not confirmed
    yet. last_step: the step of the last success with the active secret.
    """

    actor_id: str
    active: bytes | None = field(repr=False)
    pending: bytes | None = field(repr=False)
    last_step: int | None
    tries: Tries


class SecondFactorStore(Protocol):
    """Every method raises UnavailableError (STORE_UNAVAILABLE) if the store cannot answer."""

    async def find(self, *, actor_id: str) -> SecondFactor | None:
        """Return a roster member's second factor."""
        ...

    async def begin(
        self, *, actor_id: str, fresh: FreshSecret, request: Request, now: ClockReading, event: Event
    ) -> bytes:
        """Store a pending secret with its event, replacing a former one; return the sealed answer.

        The request row comes first: a repeat writes nothing and returns the same answer. The active secret,
        its step and the tries must not change.
        """
        ...

    async def charge(self, *, actor_id: str, now: ClockReading, event: Event) -> SecondFactor:
        """Charge one try (rules.charge at now.real); return the second factor with this try.

        Must hold the row lock and commit in a transaction of its own before it returns. `event` (field
        locked_until, ISO 8601) is written if this try sets a lock. Raises DeniedError: SECOND_FACTOR_LOCKED,
        or SECOND_FACTOR_REFUSED for a member without a second factor.
        """
        ...

    async def accept(self, *, actor_id: str, secret: bytes, step: int) -> bool:
        """Spend a step of the active secret and clear the tries; return True if this call spent it.

        Compare-and-set: must change nothing and return False unless the secret is the active one and the step
        is greater than last_step. Durable before it returns.
        """
        ...

    async def confirm(
        self, *, actor_id: str, secret: bytes, step: int, request: Request, now: ClockReading, event: Event
    ) -> bool:
        """Make the pending secret the active one, spend the step and clear the tries, with the event.

        Must change nothing and return False unless the secret is the pending one. The request row comes
        first; a repeat returns True.
        """
        ...


class SecondFactorSealer(Protocol):
    """Makes secrets and matches one-time codes; the only code that handles a secret in clear."""

    def fresh(self, *, roster_member: RosterMember, request_id: str) -> FreshSecret:
        """Return a new secret for a roster member."""
        ...

    def match(self, *, actor_id: str, at_rest: bytes, code: str, now: datetime) -> int | None:
        """Return the time step that a code matches in the window around a real time, None if it matches none.

        Raises DamagedError (RECORD_DAMAGED) if the secret cannot be decrypted.
        """
        ...
