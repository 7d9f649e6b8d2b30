"""The kinds of refusal that callers receive, and their published reasons (ErrorInfo.reason)."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Reason(StrEnum):
    """Why a call was refused: the published, stable list in docs/reasons.md."""

    INVALID_MESSAGE = "INVALID_MESSAGE"
    TOO_MANY_ITEMS = "TOO_MANY_ITEMS"
    INVALID_NAME = "INVALID_NAME"
    INVALID_DOCUMENT_NUMBER = "INVALID_DOCUMENT_NUMBER"
    UNSUPPORTED_DOCUMENT = "UNSUPPORTED_DOCUMENT"
    CONSENT_MISSING = "CONSENT_MISSING"
    INVALID_REQUEST_ID = "INVALID_REQUEST_ID"
    INVALID_ACCOUNT_TOKEN = "INVALID_ACCOUNT_TOKEN"  # noqa: S105 - the name of a reason
    REQUEST_ID_REUSED = "REQUEST_ID_REUSED"
    ACCOUNT_NOT_FOUND = "ACCOUNT_NOT_FOUND"
    REQUEST_NOT_FOUND = "REQUEST_NOT_FOUND"
    SANCTION_NOT_FOUND = "SANCTION_NOT_FOUND"
    MODERATOR_NOT_FOUND = "MODERATOR_NOT_FOUND"
    SESSION_NOT_FOUND = "SESSION_NOT_FOUND"
    VERIFICATION_NOT_FOUND = "VERIFICATION_NOT_FOUND"
    CONTEST_NOT_FOUND = "CONTEST_NOT_FOUND"
    REINSTATEMENT_NOT_FOUND = "REINSTATEMENT_NOT_FOUND"
    APPEAL_NOT_FOUND = "APPEAL_NOT_FOUND"
    CONTENT_MEASURE_NOT_FOUND = "CONTENT_MEASURE_NOT_FOUND"
    ORDER_NOT_FOUND = "ORDER_NOT_FOUND"
    AUTHORITY_NOT_FOUND = "AUTHORITY_NOT_FOUND"
    REFERRAL_NOT_FOUND = "REFERRAL_NOT_FOUND"
    OPERATION_NOT_FOUND = "OPERATION_NOT_FOUND"
    TEMPLATE_NOT_FOUND = "TEMPLATE_NOT_FOUND"
    PUBLIC_ACCOUNT_NOT_FOUND = "PUBLIC_ACCOUNT_NOT_FOUND"
    PLATFORM_NOT_FOUND = "PLATFORM_NOT_FOUND"
    TIP_OFF_NOT_FOUND = "TIP_OFF_NOT_FOUND"
    REPORTER_NOT_FOUND = "REPORTER_NOT_FOUND"
    ERASURE_NOT_FOUND = "ERASURE_NOT_FOUND"
    REVIEW_NOT_FOUND = "REVIEW_NOT_FOUND"
    TOO_MANY_ATTEMPTS = "TOO_MANY_ATTEMPTS"
    TOO_MANY_REVIEWS = "TOO_MANY_REVIEWS"
    REGISTRY_BACKLOG = "REGISTRY_BACKLOG"
    CREDENTIAL_QUOTA_REACHED = "CREDENTIAL_QUOTA_REACHED"
    TIP_OFF_LIMIT_REACHED = "TIP_OFF_LIMIT_REACHED"
    ACCESS_DENIED = "ACCESS_DENIED"
    SECOND_FACTOR_REFUSED = "SECOND_FACTOR_REFUSED"
    SECOND_FACTOR_LOCKED = "SECOND_FACTOR_LOCKED"
    SELF_APPROVAL = "SELF_APPROVAL"
    DISCLOSURE_EXPIRED = "DISCLOSURE_EXPIRED"
    QUORUM_INVALID = "QUORUM_INVALID"
    ROSTER_INVALID = "ROSTER_INVALID"
    ACCOUNT_CLOSED = "ACCOUNT_CLOSED"
    ACCOUNT_ERASED = "ACCOUNT_ERASED"
    RECORD_VERSION_GONE = "RECORD_VERSION_GONE"
    PERSON_UNKNOWN = "PERSON_UNKNOWN"
    RENEWAL_SUSPENDED = "RENEWAL_SUSPENDED"
    MODERATOR_REVOKED = "MODERATOR_REVOKED"
    MODERATORS_TOO_FEW = "MODERATORS_TOO_FEW"
    MODERATORS_SUFFICE = "MODERATORS_SUFFICE"
    SESSION_EXPIRED = "SESSION_EXPIRED"
    SESSION_TAKEN = "SESSION_TAKEN"
    CONTEST_EXISTS = "CONTEST_EXISTS"
    REINSTATEMENT_EXISTS = "REINSTATEMENT_EXISTS"
    REINSTATEMENT_TOO_LATE = "REINSTATEMENT_TOO_LATE"
    DISAVOWAL_NOT_FOUND = "DISAVOWAL_NOT_FOUND"
    LIST_NOT_READY = "LIST_NOT_READY"
    PAGES_NOT_SERVED = "PAGES_NOT_SERVED"
    PROOF_NOT_OFFERED = "PROOF_NOT_OFFERED"
    PROOF_OPEN = "PROOF_OPEN"
    PROOF_REFUSED = "PROOF_REFUSED"
    APPEAL_EXISTS = "APPEAL_EXISTS"
    SANCTION_NEVER_IN_FORCE = "SANCTION_NEVER_IN_FORCE"
    APPEAL_TOO_LATE = "APPEAL_TOO_LATE"
    OPERATION_CLOSED = "OPERATION_CLOSED"
    ORDER_WITHDRAWN = "ORDER_WITHDRAWN"
    ACCOUNT_NOT_VERIFIED = "ACCOUNT_NOT_VERIFIED"
    ASSURANCE_MISSING = "ASSURANCE_MISSING"
    RENEWAL_TOO_EARLY = "RENEWAL_TOO_EARLY"
    PUBLIC_ACCOUNT_NOT_LIVE = "PUBLIC_ACCOUNT_NOT_LIVE"
    SANCTION_OPEN = "SANCTION_OPEN"
    NARROWING_NOT_DUE = "NARROWING_NOT_DUE"
    OPERATOR_NOT_ELIGIBLE = "OPERATOR_NOT_ELIGIBLE"
    OWNER_NOT_ELIGIBLE = "OWNER_NOT_ELIGIBLE"
    KIND_DIFFERS = "KIND_DIFFERS"
    TRANSFER_NOT_OFFERED = "TRANSFER_NOT_OFFERED"
    ASSIGNEE_CHANGED = "ASSIGNEE_CHANGED"
    CONTACT_NOT_PROVED = "CONTACT_NOT_PROVED"
    PROPOSAL_OPEN = "PROPOSAL_OPEN"
    REFERRAL_OPEN = "REFERRAL_OPEN"
    ILLEGAL_TRANSITION = "ILLEGAL_TRANSITION"
    LOG_UNAVAILABLE = "LOG_UNAVAILABLE"
    STORE_UNAVAILABLE = "STORE_UNAVAILABLE"
    PROVIDER_UNAVAILABLE = "PROVIDER_UNAVAILABLE"
    RECORD_DAMAGED = "RECORD_DAMAGED"
    SLOW_CONSUMER = "SLOW_CONSUMER"
    STREAM_ENDED = "STREAM_ENDED"


class FieldCode(StrEnum):
    """What is wrong with a field: precise enough for a form, without repeating the value."""

    LENGTH = "LENGTH"
    CHARACTER = "CHARACTER"
    CHECK_DIGIT = "CHECK_DIGIT"
    BIRTH_DATE = "BIRTH_DATE"
    REGION = "REGION"
    FUTURE_DATE = "FUTURE_DATE"
    REQUIRED = "REQUIRED"
    RESIDENT_NUMBER = "RESIDENT_NUMBER"
    OTHER_DOCUMENT = "OTHER_DOCUMENT"


@dataclass(frozen=True, slots=True)
class Violation:
    """One invalid field: its path in the request (never its value) and what is wrong with it."""

    field: str
    code: FieldCode


class IdvaultError(Exception):
    """A refusal with a published reason."""

    def __init__(self, reason: Reason) -> None:
        """Keep the reason, which is also the text; the text contains nothing that the caller sent."""
        super().__init__(reason.value)
        self.reason = reason


class InvalidError(IdvaultError):
    """The request breaks a rule."""

    def __init__(self, reason: Reason, *violations: Violation) -> None:
        """Keep the invalid fields and the reason."""
        super().__init__(reason)
        self.violations = violations


class NotFoundError(IdvaultError):
    """The thing does not exist or belongs to another caller."""


class AlreadyExistsError(IdvaultError):
    """The id is already used for something else."""


class ExhaustedError(IdvaultError):
    """A limit is reached; the same call may succeed later."""

    def __init__(self, reason: Reason, *, retry_after: timedelta) -> None:
        """Keep how long the caller should wait before it tries again."""
        super().__init__(reason)
        self.retry_after = retry_after


class DeniedError(IdvaultError):
    """The caller may not do this."""

    def __init__(self, reason: Reason, *, why: str = "") -> None:
        """why: a fixed word for the operator's log, which callers do not get."""
        super().__init__(reason)
        self.why = why


class PreconditionError(IdvaultError):
    """The current state does not allow this."""


class TransitionError(PreconditionError):
    """A state cannot follow the present one (ILLEGAL_TRANSITION)."""

    def __init__(self, *, state: str, wanted: str) -> None:
        """Keep both states, which callers may see."""
        super().__init__(Reason.ILLEGAL_TRANSITION)
        self.state = state
        self.wanted = wanted


class UnavailableError(IdvaultError):
    """A dependency of the service cannot be reached."""


class BeyondShareError(UnavailableError):
    """The caller holds its share of what is limited (STORE_UNAVAILABLE); see core.share."""

    def __init__(self) -> None:
        """Set the reason."""
        super().__init__(Reason.STORE_UNAVAILABLE)


class DamagedError(IdvaultError):
    """Stored bytes do not verify."""
