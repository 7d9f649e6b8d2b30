"""The rules of one-time codes (RFC 6238): who may try, how often, and which step of time a code stands for.

- A code is six ASCII digits. Digits of other scripts are none, though int() would take them.
- Every try is charged before it is compared. Ten tries without a success are a lock: 15 minutes, and twice as
  long each time it comes again, up to 24 hours. A success clears the count and the locks.
- A step of 30 seconds is good for one success: the next one needs a later step. The window is one step before
  and one after now, for clocks that differ.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from idvault.domain.error import DeniedError, Reason

MOST_TRIES = 10
FIRST_LOCK = timedelta(minutes=15)
LONGEST_LOCK = timedelta(hours=24)
STEP = timedelta(seconds=30)
WINDOW = 1
_CODE = re.compile(r"[0-9]{6}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Tries:
    """The tries since the last success. locks: how many locks they brought; locked_until: a real time."""

    count: int = 0
    locks: int = 0
    locked_until: datetime | None = None


def check_code(code: str) -> str:
    """Return the code as it is, or raise DeniedError (SECOND_FACTOR_REFUSED)."""
    if not _CODE.fullmatch(code):
        raise DeniedError(Reason.SECOND_FACTOR_REFUSED)
    return code


def charge(*, tries: Tries, now: datetime) -> Tries:
    """Return the tries with one more at a real time, or raise DeniedError (SECOND_FACTOR_LOCKED).

    The try that uses up the last one brings the lock with it, whatever comes of it: only a success, which
    clears everything, takes it away.
    """
    if tries.locked_until is not None and now < tries.locked_until:
        raise DeniedError(Reason.SECOND_FACTOR_LOCKED)
    count = 1 if tries.locked_until is not None else tries.count + 1
    if count < MOST_TRIES:
        return Tries(count, tries.locks)
    return Tries(count, tries.locks + 1, now + lock_time(locks=tries.locks))


def lock_time(*, locks: int) -> timedelta:
    """Return how long a lock is that comes after a number of others."""
    doubled = FIRST_LOCK * (1 << min(locks, 32))
    return min(doubled, LONGEST_LOCK)


def step_of(now: datetime) -> int:
    """Return the number of the step that a real time lies in (T of RFC 6238, T0 = 0)."""
    return int(now.timestamp()) // int(STEP.total_seconds())


def check_step(*, step: int | None, last: int | None) -> int:
    """Return the step of a matching code, or raise DeniedError (SECOND_FACTOR_REFUSED).

    step: None where no code of the window matched. last: the step of the last success.
    """
    if step is None or (last is not None and step <= last):
        raise DeniedError(Reason.SECOND_FACTOR_REFUSED)
    return step
