"""What an authority may ask of the vault, before anything is stored.

- What it signs is at most ten minutes old, or as far ahead. Orders and operations name the roster version in
  force: a key that is no more in the roster signs nothing that counts.
- One call gives at most 20 orders, and a day at most 100 calls.
- Nothing here looks whether a target exists: the answer would tell.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from idvault_verify.error import (
    AlreadyExistsError,
    ExhaustedError,
    FieldCode,
    InvalidError,
    PreconditionError,
    Reason,
    Violation,
)

MOST_ORDERS = 20
MOST_CALLS_A_DAY = 100
CLOCK_DIFFERENCE = timedelta(minutes=10)
_RETRY = timedelta(hours=24)


def check_count(signed: Sequence[bytes]) -> None:
    """Raise InvalidError (INVALID_MESSAGE, signed_orders) unless a call has 1 to 20 orders.

    Raises AlreadyExistsError (REQUEST_ID_REUSED) if one of them comes twice.
    """
    if not 1 <= len(signed) <= MOST_ORDERS:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("signed_orders", FieldCode.LENGTH))
    if len(set(signed)) != len(signed):
        raise AlreadyExistsError(Reason.REQUEST_ID_REUSED)


def check_fresh(*, created_at: datetime, now: datetime, field: str) -> None:
    """Raise InvalidError (INVALID_MESSAGE) unless a paper was signed recently (real time)."""
    if abs(now - created_at) > CLOCK_DIFFERENCE:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation(field, FieldCode.CHARACTER))


def check_roster(*, named: str, in_force: str) -> None:
    """Raise PreconditionError (ROSTER_INVALID) unless a paper names the version in force."""
    if named != in_force:
        raise PreconditionError(Reason.ROSTER_INVALID)


def check_budget(*, used: int | None) -> None:
    """Raise ExhaustedError (TOO_MANY_ATTEMPTS) if the calls of a day are spent."""
    if used is None:
        raise ExhaustedError(Reason.TOO_MANY_ATTEMPTS, retry_after=_RETRY)
