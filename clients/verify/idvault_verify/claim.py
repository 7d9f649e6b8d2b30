"""A claim's values: identity, consent, state and reason of a failure."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from idvault_verify.account import SubjectKind
from idvault_verify.document import Document, DocumentType
from idvault_verify.error import FieldCode, InvalidError, Reason, Violation

_POLICY_VERSION_LENGTH = 64
# A platform's clock may run slightly ahead of ours.
_CLOCK_TOLERANCE = timedelta(minutes=5)


class ClaimState(StrEnum):
    """The state of a claim."""

    PENDING = "PENDING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


class ReviewState(StrEnum):
    """The state of a reviewed document. PROPOSED: another reviewer must sign. LAPSED: nobody did in time."""

    PROPOSED = "PROPOSED"
    SIGNED = "SIGNED"
    LAPSED = "LAPSED"


class FailureReason(StrEnum):
    """Why a claim failed."""

    MISMATCH = "MISMATCH"
    NO_RECORD = "NO_RECORD"
    ACCOUNT_LIMIT_REACHED = "ACCOUNT_LIMIT_REACHED"
    PERSON_CLOSED = "PERSON_CLOSED"
    DIFFERENT_OWNER = "DIFFERENT_OWNER"
    REGISTRY_TIMED_OUT = "REGISTRY_TIMED_OUT"
    SUPERSEDED = "SUPERSEDED"
    SANCTIONED = "SANCTIONED"
    ERASED = "ERASED"
    REVOKED = "REVOKED"
    HOLDER_REQUIRED = "HOLDER_REQUIRED"
    ORGANIZATION_NOT_OPERATING = "ORGANIZATION_NOT_OPERATING"
    ELEMENT_MISMATCH = "ELEMENT_MISMATCH"
    REPRESENTATIVE_PENDING = "REPRESENTATIVE_PENDING"
    GUARDIAN_REQUIRED = "GUARDIAN_REQUIRED"
    OTHER_PROOF = "OTHER_PROOF"


@dataclass(frozen=True, slots=True)
class Consent:
    """Which version of the terms was agreed to, and when."""

    policy_version: str
    agree_time: datetime


@dataclass(frozen=True, slots=True)
class Identity:
    """The normalised name and document of a person or an organisation; repr shows neither.

    representative: the legal representative of an organisation, as claimed with it; None for a person, and
    for an organisation that was verified before representatives were asked for.
    """

    name: str = field(repr=False)
    document: Document = field(repr=False)
    representative: "Identity | None" = field(default=None, repr=False)

    @property
    def subject_kind(self) -> SubjectKind:
        """Person or organisation, according to the document type."""
        return kind_of(self.document.type)


@dataclass(frozen=True, slots=True)
class OpaqueIdentity:
    """A person whose name and number the vault never had, by the id of a provider that vouches for them.

    provider: as it signs. opaque_id: made for this vault alone (attest.assertion); repr does not show it.
    """

    provider: str
    opaque_id: str = field(repr=False)

    @property
    def subject_kind(self) -> SubjectKind:
        """A person: providers vouch for nobody else."""
        return SubjectKind.INDIVIDUAL


AnyIdentity = Identity | OpaqueIdentity
"""Whom a claim can be about."""


def kind_of(document_type: DocumentType) -> SubjectKind:
    """Return whether the document type is that of a person or of an organisation."""
    organization = document_type is DocumentType.UNIFIED_SOCIAL_CREDIT_CODE
    return SubjectKind.ORGANIZATION if organization else SubjectKind.INDIVIDUAL


def check_consent(*, policy_version: str, agree_time: datetime | None, now: datetime) -> Consent:
    """Return the consent, or raise InvalidError (CONSENT_MISSING) naming the field."""
    if not policy_version:
        raise InvalidError(Reason.CONSENT_MISSING, Violation("consent.policy_version", FieldCode.REQUIRED))
    if len(policy_version) > _POLICY_VERSION_LENGTH:
        raise InvalidError(Reason.CONSENT_MISSING, Violation("consent.policy_version", FieldCode.LENGTH))
    if not policy_version.isprintable():
        raise InvalidError(Reason.CONSENT_MISSING, Violation("consent.policy_version", FieldCode.CHARACTER))
    if agree_time is None:
        raise InvalidError(Reason.CONSENT_MISSING, Violation("consent.agree_time", FieldCode.REQUIRED))
    if agree_time > now + _CLOCK_TOLERANCE:
        raise InvalidError(Reason.CONSENT_MISSING, Violation("consent.agree_time", FieldCode.FUTURE_DATE))
    return Consent(policy_version, agree_time)
