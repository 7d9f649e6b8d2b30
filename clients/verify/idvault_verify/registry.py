"""The answers of a registry, in one vocabulary for all registries, and the pace at which it is called.

- A registry bans its caller for a minute when more than its cap of calls arrive within any second.
- Calls are planned at slots of equal distance, in one row for all processes.
- A call leaves within 0.1 s after its slot, or takes another one. Its way may take 0.1 s longer than others'.
- So what arrives within a second was planned within 1.2 s, and the slots of 1.2 s are no more than the cap.
"""

from enum import StrEnum
from typing import Final

LATENESS: Final = 0.1
"""How many seconds after its slot a call may still be sent."""
_ON_THE_WAY: Final = 0.1


def pace(cap: float) -> float:
    """Return how many calls a second may be planned so that no second has more than the cap."""
    return cap / (1 + LATENESS + _ON_THE_WAY)


class RegistryAnswer(StrEnum):
    """The answer to one check or query of one `ai`."""

    MATCH = "MATCH"
    MISMATCH = "MISMATCH"
    NO_RECORD = "NO_RECORD"
    NOT_OPERATING = "NOT_OPERATING"  # every element matches, but the organisation does not operate
    IN_PROGRESS = "IN_PROGRESS"
    # Refusals and failures: of these, only INVALID_INPUT decides a claim.
    INVALID_INPUT = "INVALID_INPUT"  # the registry rejects the name or number: the claimant sees a mismatch
    NOT_SENT = "NOT_SENT"  # the check certainly did not reach the registry, or it was not accepted
    NO_TURN = "NO_TURN"  # nothing was sent: our own rate cap had no slot for this call in time
    IN_USE = "IN_USE"  # refused: the registry has a check with this ai; a query tells its outcome
    RATE_LIMITED = "RATE_LIMITED"  # refused for its rate; all processes pause
    DAILY_LIMIT = "DAILY_LIMIT"  # refused until the next local midnight
    REJECTED_CALLER = "REJECTED_CALLER"  # credentials, clock, address: an operator must act
    NOT_FOUND = "NOT_FOUND"  # answer to a query: the registry knows no check with this ai
    UNKNOWN = "UNKNOWN"  # time-out, incomplete answer or 5xx: the check may or may not have been decided


DECIDED = frozenset(
    {
        RegistryAnswer.MATCH,
        RegistryAnswer.MISMATCH,
        RegistryAnswer.NO_RECORD,
        RegistryAnswer.NOT_OPERATING,
        RegistryAnswer.INVALID_INPUT,
    }
)
CHARGED = DECIDED - {RegistryAnswer.INVALID_INPUT}
"""The answers to a check that a registry charges: it has looked, and said what it found."""
