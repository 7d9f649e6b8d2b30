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


class Proof(StrEnum):
    """How a person proves who he is in a session.

    NUMBER_MATCH: name and number are asked of a registry. HOLDER: on the page of a provider, which confirms
    name, number and presence. RESULT_ONLY: there, too, and the vault is told neither name nor number.
    """

    NUMBER_MATCH = "NUMBER_MATCH"
    HOLDER = "HOLDER"
    RESULT_ONLY = "RESULT_ONLY"


ACCEPTED: frozenset[Proof] = frozenset({Proof.NUMBER_MATCH, Proof.HOLDER})
"""The proofs that a platform accepts unless it states others: those that name a person by number."""


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
