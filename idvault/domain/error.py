"""The kinds of refusal that a caller is told of, and their published reasons (ErrorInfo.reason)."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Reason(StrEnum):
    """Why a call was refused; a published, stable vocabulary (docs/reasons.md)."""

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
    TOO_MANY_ATTEMPTS = "TOO_MANY_ATTEMPTS"
    REGISTRY_BACKLOG = "REGISTRY_BACKLOG"
    ACCESS_DENIED = "ACCESS_DENIED"
    SECOND_FACTOR_REFUSED = "SECOND_FACTOR_REFUSED"
    SECOND_FACTOR_LOCKED = "SECOND_FACTOR_LOCKED"
    SELF_APPROVAL = "SELF_APPROVAL"
    DISCLOSURE_EXPIRED = "DISCLOSURE_EXPIRED"
    QUORUM_INVALID = "QUORUM_INVALID"
    ROSTER_INVALID = "ROSTER_INVALID"
    ACCOUNT_CLOSED = "ACCOUNT_CLOSED"
    ACCOUNT_ERASED = "ACCOUNT_ERASED"
    RENEWAL_SUSPENDED = "RENEWAL_SUSPENDED"
    ILLEGAL_TRANSITION = "ILLEGAL_TRANSITION"
    LOG_UNAVAILABLE = "LOG_UNAVAILABLE"
    STORE_UNAVAILABLE = "STORE_UNAVAILABLE"
    RECORD_DAMAGED = "RECORD_DAMAGED"
    SLOW_CONSUMER = "SLOW_CONSUMER"
    STREAM_ENDED = "STREAM_ENDED"


class FieldCode(StrEnum):
    """What is wrong with a field, in words that help a form and echo nothing."""

    LENGTH = "LENGTH"
    CHARACTER = "CHARACTER"
    CHECK_DIGIT = "CHECK_DIGIT"
    BIRTH_DATE = "BIRTH_DATE"
    REGION = "REGION"
    FUTURE_DATE = "FUTURE_DATE"
    REQUIRED = "REQUIRED"


@dataclass(frozen=True, slots=True)
class Violation:
    """One wrong field: its path in the request (never its value) and what is wrong with it."""

    field: str
    code: FieldCode


class IdvaultError(Exception):
    """A refusal with a published reason."""

    def __init__(self, reason: Reason) -> None:
        """Keep the reason; the text is the reason and nothing that a caller sent."""
        super().__init__(reason.value)
        self.reason = reason


class InvalidError(IdvaultError):
    """What was sent breaks a rule."""

    def __init__(self, reason: Reason, *violations: Violation) -> None:
        """Keep the wrong fields beside the reason."""
        super().__init__(reason)
        self.violations = violations


class NotFoundError(IdvaultError):
    """There is no such thing, or it belongs to somebody else."""


class AlreadyExistsError(IdvaultError):
    """The id is taken by something else."""


class ExhaustedError(IdvaultError):
    """A limit is reached; the same call may pass later."""

    def __init__(self, reason: Reason, *, retry_after: timedelta) -> None:
        """Keep how long to wait before the next try."""
        super().__init__(reason)
        self.retry_after = retry_after


class DeniedError(IdvaultError):
    """The caller may not do this."""


class PreconditionError(IdvaultError):
    """The state of things does not allow this."""


class UnavailableError(IdvaultError):
    """Something the service needs cannot be reached now."""


class DamagedError(IdvaultError):
    """Stored bytes do not verify."""
