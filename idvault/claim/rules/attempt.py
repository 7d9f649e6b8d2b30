"""The attempts at a person's name: what counts, and when a new claim is refused.

- An attempt is a pair of number and name. It is charged when a claim opens, so claims under way count.
- It is charged to the person whose number is named, and to the account if that has a record.
- At most 5 pairs in an hour and 20 in a day; equal pairs count once.
- A match gives the attempt back, and so does a claim of which no check was sent.
- An account with a record is refused for its own attempts only. If the attempts of the person it names are
  used up, its owner's claim is sent all the same; another person's is withheld: it ends as a mismatch unsent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from idvault.claim.rules.claim import ClaimOutcome
from idvault.verify.claim import FailureReason
from idvault.verify.error import ExhaustedError, Reason

PER_HOUR = 5
PER_DAY = 20
WINDOW = timedelta(days=1)
_LIMITS = ((PER_HOUR, timedelta(hours=1)), (PER_DAY, WINDOW))
_KEPT = (FailureReason.MISMATCH, FailureReason.NO_RECORD)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A pair that was tried. pair: its keyed hash. time: when the claim opened."""

    pair: bytes
    time: datetime


def check(*, attempts: Sequence[Attempt], pair: bytes, now: datetime) -> None:
    """Raise ExhaustedError (TOO_MANY_ATTEMPTS) unless another attempt may be charged.

    attempts: at least those of the last day, in any order; a pair may occur several times.
    """
    newest: dict[bytes, datetime] = {}
    for attempt in attempts:
        newest[attempt.pair] = max(attempt.time, newest.get(attempt.pair, attempt.time))
    for limit, window in _LIMITS:
        recent = {tried: time for tried, time in newest.items() if time > now - window}
        if pair not in recent and len(recent) >= limit:
            raise ExhaustedError(
                Reason.TOO_MANY_ATTEMPTS, retry_after=sorted(recent.values())[-limit] + window - now
            )


def is_kept(*, outcome: ClaimOutcome) -> bool:
    """Return whether a claim that ended with an outcome stays charged: the registry answered, and not yes."""
    return outcome.failure_reason in _KEPT
