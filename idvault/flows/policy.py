"""What an operator decides, as the flows need it."""

from dataclasses import dataclass
from datetime import tzinfo


@dataclass(frozen=True, slots=True)
class OperatorPolicy:
    """accounts_per_person: the K of one person, K accounts. verification_days: how long a success is valid.

    registry_calls_per_second: the shared cap of checks. zone: the deployment's time zone, which says what day
    it is.
    """

    accounts_per_person: int
    verification_days: int
    registry_calls_per_second: float
    zone: tzinfo
