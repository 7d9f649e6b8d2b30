"""One vocabulary for what a registry answers, whoever the registry is."""

from enum import StrEnum


class RegistryAnswer(StrEnum):
    """The answer to one check or query of one `ai`."""

    MATCH = "MATCH"
    MISMATCH = "MISMATCH"
    NO_RECORD = "NO_RECORD"
    IN_PROGRESS = "IN_PROGRESS"
    # Refusals and failures: none of them decides a claim, but INVALID_INPUT.
    INVALID_INPUT = "INVALID_INPUT"  # the registry calls name or number illegal: a mismatch to the claimant
    NOT_SENT = "NOT_SENT"  # surely nothing reached the registry, or it said that it took nothing
    NO_TURN = "NO_TURN"  # nothing was sent: our own cap leaves no room for this call in time
    RATE_LIMITED = "RATE_LIMITED"  # refused by rate; everybody pauses
    DAILY_LIMIT = "DAILY_LIMIT"  # refused until the next local midnight
    REJECTED_CALLER = "REJECTED_CALLER"  # credentials, clock, address: an operator must act
    NOT_FOUND = "NOT_FOUND"  # a query: no check with this ai is known
    UNKNOWN = "UNKNOWN"  # time-out, half an answer, 5xx: it may or may not have been decided


DECIDED = frozenset(
    {RegistryAnswer.MATCH, RegistryAnswer.MISMATCH, RegistryAnswer.NO_RECORD, RegistryAnswer.INVALID_INPUT}
)
