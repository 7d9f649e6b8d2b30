"""The answers of a registry, in one vocabulary for all registries."""

from enum import StrEnum


class RegistryAnswer(StrEnum):
    """The answer to one check or query of one `ai`."""

    MATCH = "MATCH"
    MISMATCH = "MISMATCH"
    NO_RECORD = "NO_RECORD"
    IN_PROGRESS = "IN_PROGRESS"
    # Refusals and failures: of these, only INVALID_INPUT decides a claim.
    INVALID_INPUT = "INVALID_INPUT"  # the registry rejects the name or number: the claimant sees a mismatch
    NOT_SENT = "NOT_SENT"  # the check certainly did not reach the registry, or it was not accepted
    NO_TURN = "NO_TURN"  # nothing was sent: our own rate cap had no slot for this call in time
    RATE_LIMITED = "RATE_LIMITED"  # refused for its rate; all processes pause
    DAILY_LIMIT = "DAILY_LIMIT"  # refused until the next local midnight
    REJECTED_CALLER = "REJECTED_CALLER"  # credentials, clock, address: an operator must act
    NOT_FOUND = "NOT_FOUND"  # answer to a query: the registry knows no check with this ai
    UNKNOWN = "UNKNOWN"  # time-out, incomplete answer or 5xx: the check may or may not have been decided


DECIDED = frozenset(
    {RegistryAnswer.MATCH, RegistryAnswer.MISMATCH, RegistryAnswer.NO_RECORD, RegistryAnswer.INVALID_INPUT}
)
