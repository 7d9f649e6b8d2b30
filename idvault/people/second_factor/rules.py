"""The rules for one-time codes (RFC 6238): how many tries are allowed, and which time step a code is for.

- A code is six ASCII digits. Digits of other scripts are refused, although int() would accept them.
- Every try is charged before its code is compared. Ten tries without a success cause a lock of 15 minutes,
  doubled with each further lock, up to 24 hours. A success clears the tries and the locks.
- A time step of 30 seconds allows one success; the next success needs a later step. Codes one step before or
  after the current one are accepted, because clocks differ.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from idvault.core.second_factor import MOST_TRIES, STEP, Cause, SecondFactorError, Tries

FIRST_LOCK = timedelta(minutes=15)
LONGEST_LOCK = timedelta(hours=24)
_CODE = re.compile(r"[0-9]{6}", re.ASCII)


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


def open_tries(*, tries: Tries, now: datetime) -> Tries:
    """Return the tries as they count at a real time: none left during a lock, all of them after it."""
    if tries.locked_until is None or now < tries.locked_until:
        return tries
    return Tries(locks=tries.locks)


def check_code(code: str) -> str:
    """Return the code unchanged, or raise SecondFactorError (SECOND_FACTOR_REFUSED)."""
    if not code:
        raise SecondFactorError(Cause.CODE_MISSING)
    if not _CODE.fullmatch(code):
        raise SecondFactorError(Cause.CODE_MALFORMED)
    return code


def check_unlocked(*, tries: Tries, now: datetime) -> None:
    """Raise SecondFactorError (SECOND_FACTOR_LOCKED) during a lock. now: real time."""
    if tries.locked_until is not None and now < tries.locked_until:
        raise SecondFactorError(Cause.LOCKED, tries=tries)


def charge(*, tries: Tries, now: datetime) -> Tries:
    """Return the tries with one more, or raise SecondFactorError (SECOND_FACTOR_LOCKED). now: real time.

    The tenth try sets the lock before its code is compared; if the code is right, the success clears the
    lock.
    """
    check_unlocked(tries=tries, now=now)
    count = 1 if tries.locked_until is not None else tries.count + 1
    if count < MOST_TRIES:
        return Tries(count, tries.locks)
    return Tries(count, tries.locks + 1, now + lock_time(locks=tries.locks))


def lock_time(*, locks: int) -> timedelta:
    """Return the length of a lock that follows this many earlier locks."""
    doubled = FIRST_LOCK * (1 << min(locks, 32))
    return min(doubled, LONGEST_LOCK)


def step_of(now: datetime) -> int:
    """Return the time step of a real time (T of RFC 6238, T0 = 0)."""
    return int(now.timestamp()) // int(STEP.total_seconds())


def check_step(*, step: int | None, last: int | None, tries: Tries) -> int:
    """Return the step of a matching code, or raise SecondFactorError (SECOND_FACTOR_REFUSED).

    step: None if no code in the window matched. last: the step of the last success. tries: with this one.
    """
    if step is None or (last is not None and step <= last):
        raise SecondFactorError(Cause.CODE_WRONG, tries=tries)
    return step
