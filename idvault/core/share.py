"""How much of a limited resource one caller may use, so that no caller starves another.

- A caller may hold as many places as are free. A caller alone holds at most half of them, two busy callers a
  third each, and a caller who comes last finds room.
- The registry's queue serves the relying parties in turn. So a claim waits for those of its own party before
  it, and for as many at most of each other party. It must be checked within a day, by this estimate.
- The queue has places for two days, the life of a claim, so one that was taken on is checked in its life.
"""

from collections.abc import Mapping
from datetime import timedelta

from idvault_verify.error import BeyondShareError, ExhaustedError, Reason

_LONGEST_WAIT = timedelta(hours=24)
_LEAST_RETRY = timedelta(minutes=1)


def check(*, held: int, total: int, limit: float) -> None:
    """Raise BeyondShareError unless a caller who holds some places may have another."""
    if held >= limit - total:
        raise BeyondShareError


def check_queue(*, backlog: Mapping[str, int], relying_party: str, per_second: float) -> None:
    """Raise ExhaustedError (REGISTRY_BACKLOG) unless a relying party may queue another claim.

    backlog: the waiting claims of each relying party.
    """
    mine = backlog.get(relying_party, 0)
    wait = timedelta(seconds=sum(min(count, mine) for count in backlog.values()) / per_second)
    places = 2 * _LONGEST_WAIT.total_seconds() * per_second
    if wait < _LONGEST_WAIT and mine < places - sum(backlog.values()):
        return
    retry_after = max(wait - _LONGEST_WAIT, timedelta()) + _LEAST_RETRY
    raise ExhaustedError(Reason.REGISTRY_BACKLOG, retry_after=retry_after)
