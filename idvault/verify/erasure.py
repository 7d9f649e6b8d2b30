"""The states of an erasure."""

from enum import StrEnum


class ErasureState(StrEnum):
    """The state of an erasure."""

    REQUESTED = "REQUESTED"
    CANCELLED = "CANCELLED"
    ERASED = "ERASED"
    DESTROYED = "DESTROYED"
