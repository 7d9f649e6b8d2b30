"""The values of a session of the hosted pages; the states of contests, disavowals and reinstatements."""

from collections.abc import Mapping
from enum import StrEnum

from idvault_verify.account import Assurance


class ContestState(StrEnum):
    """The state of a contest. UPHELD: it was not the owner. PROPOSED: another moderator must confirm."""

    FILED = "FILED"
    PROPOSED = "PROPOSED"
    UPHELD = "UPHELD"
    REJECTED = "REJECTED"


class ReinstatementState(StrEnum):
    """The state of an appeal against a withdrawal. UPHELD: the withdrawal was wrong. PROPOSED: as above."""

    FILED = "FILED"
    PROPOSED = "PROPOSED"
    UPHELD = "UPHELD"
    REJECTED = "REJECTED"


class DisavowalState(StrEnum):
    """The state of a disavowal: a person said of an account in her name that it is not hers.

    PROPOSED: another moderator must confirm. SILENT: nobody decided in time. ENDED: the account was erased,
    or its verification withdrawn for another reason.
    """

    FILED = "FILED"
    PROPOSED = "PROPOSED"
    UPHELD = "UPHELD"
    REJECTED = "REJECTED"
    SILENT = "SILENT"
    ENDED = "ENDED"


class SessionPurpose(StrEnum):
    """Why a person comes to the pages. IDENTITY: to look at what is stored.

    REPRESENTATIVE: to prove to be the legal representative of the organisation that owns the account.
    """

    SIGN_UP = "SIGN_UP"
    RENEWAL = "RENEWAL"
    INVITATION = "INVITATION"
    IDENTITY = "IDENTITY"
    REPRESENTATIVE = "REPRESENTATIVE"


class Proof(StrEnum):
    """How a person proves who he is in a session.

    NUMBER_MATCH: name and number are asked of a registry. HOLDER: on the page of a provider, which confirms
    name, number and presence. RESULT_ONLY: there, too, and the vault is told neither name nor number.
    ONE_REVIEWER, TWO_REVIEWERS: in no session; so many reviewers sign that they saw document and person.
    """

    NUMBER_MATCH = "NUMBER_MATCH"
    HOLDER = "HOLDER"
    RESULT_ONLY = "RESULT_ONLY"
    ONE_REVIEWER = "ONE_REVIEWER"
    TWO_REVIEWERS = "TWO_REVIEWERS"


REVIEWS: frozenset[Proof] = frozenset({Proof.ONE_REVIEWER, Proof.TWO_REVIEWERS})
"""How many reviewers a platform demands: it states one of them."""


FACTS: Mapping[Proof, Assurance] = {
    Proof.NUMBER_MATCH: Assurance.REGISTRY_MATCH,
    Proof.HOLDER: Assurance.HOLDER,
    Proof.RESULT_ONLY: Assurance.RESULT_ONLY,
}
"""What a success by each kind of proof establishes."""
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
