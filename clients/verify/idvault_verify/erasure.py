"""The states of an erasure."""

from enum import StrEnum


class ErasureOrigin(StrEnum):
    """Who asked for an erasure: the owner's browser on a page of the vault, or the platform by a call."""

    OWNER = "OWNER"
    PLATFORM = "PLATFORM"


class ErasureState(StrEnum):
    """The state of an erasure."""

    REQUESTED = "REQUESTED"
    CANCELLED = "CANCELLED"
    ERASED = "ERASED"
    DESTROYED = "DESTROYED"
