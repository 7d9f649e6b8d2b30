"""What an authority may ask of the vault, before anything is stored.

- One call gives at most 20 orders, and a day at most 100 calls.
- Nothing here looks whether a target exists: the answer would tell.
"""

from collections.abc import Sequence
from datetime import timedelta

from idvault_verify.error import (
    AlreadyExistsError,
    ExhaustedError,
    FieldCode,
    InvalidError,
    Reason,
    Violation,
)

MOST_ORDERS = 20
MOST_CALLS_A_DAY = 100
_RETRY = timedelta(hours=24)


def check_count(signed: Sequence[bytes]) -> None:
    """Raise InvalidError (INVALID_MESSAGE, signed_orders) unless a call has 1 to 20 orders.

    Raises AlreadyExistsError (REQUEST_ID_REUSED) if one of them comes twice.
    """
    if not 1 <= len(signed) <= MOST_ORDERS:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("signed_orders", FieldCode.LENGTH))
    if len(set(signed)) != len(signed):
        raise AlreadyExistsError(Reason.REQUEST_ID_REUSED)


def check_budget(*, used: int | None) -> None:
    """Raise ExhaustedError (TOO_MANY_ATTEMPTS) if the calls of a day are spent."""
    if used is None:
        raise ExhaustedError(Reason.TOO_MANY_ATTEMPTS, retry_after=_RETRY)
