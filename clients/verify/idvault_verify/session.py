"""The values of a session of the hosted pages: its purpose and state, and the state of a contest."""

from enum import StrEnum


class ContestState(StrEnum):
    """The state of a contest. UPHELD: it was not the owner. PROPOSED: another moderator must confirm."""

    FILED = "FILED"
    PROPOSED = "PROPOSED"
    UPHELD = "UPHELD"
    REJECTED = "REJECTED"


class SessionPurpose(StrEnum):
    """Why a person comes to the pages. IDENTITY: to look at what is stored."""

    SIGN_UP = "SIGN_UP"
    RENEWAL = "RENEWAL"
    INVITATION = "INVITATION"
    IDENTITY = "IDENTITY"


class SessionState(StrEnum):
    """How far a session is; the table above."""

    NEW = "NEW"
    REDEEMED = "REDEEMED"
    BOUND = "BOUND"
    AGREED = "AGREED"
    CHECKING = "CHECKING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    EXPIRED = "EXPIRED"
