"""A second factor's tries, and why a code is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from idvault_verify.clock import ClockReading
from idvault_verify.error import DeniedError, Reason

MOST_TRIES = 10
STEP = timedelta(seconds=30)
WINDOW = 1


@dataclass(frozen=True, slots=True)
class Tries:
    """The tries since the last success. locks: how many locks they caused; locked_until: real time."""

    count: int = 0
    locks: int = 0
    locked_until: datetime | None = None

    @property
    def left(self) -> int:
        """How many tries are left before a lock."""
        return MOST_TRIES - self.count


class Cause(StrEnum):
    """What is wrong with a code, or with the second factor itself; told to its owner only."""

    NOT_ENROLLED = "NOT_ENROLLED"
    CODE_MISSING = "CODE_MISSING"
    CODE_MALFORMED = "CODE_MALFORMED"
    CODE_WRONG = "CODE_WRONG"
    LOCKED = "LOCKED"


class SecondFactorError(DeniedError):
    """A code is not accepted; the caller is told why, how many tries are left and until when it is locked."""

    def __init__(self, cause: Cause, *, tries: Tries | None = None) -> None:
        """tries: after this try; None if it was not charged."""
        locked = cause is Cause.LOCKED
        reason = Reason.SECOND_FACTOR_LOCKED if locked else Reason.SECOND_FACTOR_REFUSED
        super().__init__(reason, why=cause.value.lower())
        self.cause = cause
        self.tries = tries

    @property
    def details(self) -> Mapping[str, str]:
        """What the caller is told, as words."""
        told = {"cause": self.cause.value}
        if self.tries is not None and self.cause is not Cause.LOCKED:
            told["tries_left"] = str(self.tries.left)
        if self.tries is not None and self.tries.locked_until is not None:
            told["locked_until"] = self.tries.locked_until.astimezone(UTC).isoformat(timespec="seconds")
        return told


class SecondFactorCheck(Protocol):
    """Spends a one-time code before an act (people.second_factor.acts)."""

    async def check(self, *, actor_id: str, code: str, now: ClockReading) -> None:
        """Raise DeniedError (SECOND_FACTOR_REFUSED, SECOND_FACTOR_LOCKED) unless the code is accepted."""
        ...
