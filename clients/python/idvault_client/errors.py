"""Why a call failed: one exception class for each kind. No exception shows what the caller sent."""

from collections.abc import ItemsView, Iterator, KeysView, Mapping
from datetime import datetime, timedelta
from typing import ClassVar

from idvault_client import reasons
from idvault_verify.error import Reason


class VaultError(Exception):
    """A call to the vault failed; VaultError itself is raised for a bug in the server or the client.

    reason: a published reason (docs/reasons.md), None if the vault gave none.
    code: the name of the gRPC status.
    retry_after: how long to wait before repeating the call, if the vault said so.
    request_id: the request id of the call, also if the client chose it; use it to repeat the call. A call
    without one, such as a read, has the id that the vault gave its error.
    error_id: the id to look for in the vault's log, None if the vault told none. It is another one than
    request_id if the vault refused the call before it had read its message, as with ACCESS_DENIED.
    fields: which fields were wrong and how, {"document.number": "CHECK_DIGIT"}.
    states: of an illegal transition, the present state and the one that cannot follow it.
    details: what else the vault said, by name; SecondFactorRefused reads it.
    """

    usual_code: ClassVar[str] = "UNKNOWN"

    def __init__(
        self,
        reason: str | None = None,
        code: str = "UNKNOWN",
        retry_after: timedelta | None = None,
        *,
        request_id: str | None = None,
        error_id: str | None = None,
        fields: Mapping[str, str] | None = None,
        states: tuple[str, str] | None = None,
        details: Mapping[str, str] | None = None,
        hint: str = "",
    ) -> None:
        """hint: what the client itself knows about the cause. No argument may hold personal data."""
        super().__init__(reason, code, retry_after)
        self.reason = reason
        self.code = code
        self.retry_after = retry_after
        self.request_id = request_id
        self.error_id = error_id
        self.fields: Mapping[str, str] = dict(fields or {})
        self.states = states
        self.details: Mapping[str, str] = dict(details or {})
        self.hint = hint

    def text(self, language: str) -> str:
        """Return a text for the end user in "zh" or "en"."""
        return reasons.reason_text(self.reason, language=language)

    def __str__(self) -> str:
        """Return reason, code, wrong fields and ids in one line for a log."""
        parts = [f"{self.reason} ({self.code})" if self.reason else self.code]
        parts += [f"{field} {code}" for field, code in self.fields.items()]
        if self.states is not None:
            parts.append(" cannot become ".join(self.states))
        if self.retry_after is not None:
            parts.append(f"again after {self.retry_after.total_seconds():g} s")
        if self.request_id:
            parts.append(f"request {self.request_id}")
        if self.error_id and self.error_id != self.request_id:
            parts.append(f"in the vault's log {self.error_id}")
        return "; ".join([*parts, self.hint] if self.hint else parts)

    def __repr__(self) -> str:
        """Return the type and the same line."""
        return f"{type(self).__name__}({str(self)!r})"


class InvalidFields(VaultError):
    """Fields of the form are not valid; a mapping of field paths to FieldCode values.

    Empty if the request as a whole is wrong (INVALID_MESSAGE, TOO_MANY_ITEMS).
    """

    usual_code = "INVALID_ARGUMENT"

    def texts(self, language: str) -> dict[str, str]:
        """Return a text for the end user by field path; the key "" stands for the form as a whole."""
        if not self.fields:
            return {"": self.text(language)}
        return {
            field: reasons.field_text(field, code, reason=self.reason, language=language)
            for field, code in self.fields.items()
        }

    def keys(self) -> KeysView[str]:
        """Return the field paths."""
        return self.fields.keys()

    def items(self) -> ItemsView[str, str]:
        """Return pairs of field path and code."""
        return self.fields.items()

    def get(self, field: str, default: str | None = None) -> str | None:
        """Return the code of a field, or the default if the field is valid."""
        return self.fields.get(field, default)

    def __getitem__(self, field: str) -> str:
        """Return the code of an invalid field; raises KeyError if it is valid."""
        return self.fields[field]

    def __contains__(self, field: object) -> bool:
        """Return whether a field is invalid."""
        return field in self.fields

    def __iter__(self) -> Iterator[str]:
        """Iterate over the field paths."""
        return iter(self.fields)

    def __len__(self) -> int:
        """Return how many fields are invalid."""
        return len(self.fields)

    def __bool__(self) -> bool:
        """Return True: an error without fields is still an error."""
        return True


class RequestIdReused(VaultError):
    """This request_id was used for a call with another body; use a new one for a new form."""

    usual_code = "ALREADY_EXISTS"


class NotFound(VaultError):
    """The account or claim does not exist, or belongs to another platform."""

    usual_code = "NOT_FOUND"


class Exhausted(VaultError):
    """A limit is reached; the same call may succeed after retry_after."""

    usual_code = "RESOURCE_EXHAUSTED"


class TooManyAttempts(Exhausted):
    """Too many wrong names were tried for one document number."""


class RegistryBacklog(Exhausted):
    """Too many claims wait for the registry."""


class AccessDenied(VaultError):
    """Your certificate does not allow this call."""

    usual_code = "PERMISSION_DENIED"


class SecondFactorRefused(AccessDenied):
    """A code of your second factor was not accepted, or there is none, or it is locked."""

    @property
    def cause(self) -> str:
        """NOT_ENROLLED, CODE_MISSING, CODE_MALFORMED, CODE_WRONG or LOCKED; "" if the vault did not say."""
        return self.details.get("cause", "")

    @property
    def tries_left(self) -> int | None:
        """How many more codes may be tried before a lock; None if the vault did not say."""
        left = self.details.get("tries_left")
        return int(left) if left is not None else None

    @property
    def locked_until(self) -> datetime | None:
        """When the lock ends, None if there is none or the vault did not say."""
        until = self.details.get("locked_until")
        return datetime.fromisoformat(until) if until is not None else None


class PreconditionFailed(VaultError):
    """The present state does not allow this: an account's, a sanction's or a campaign's."""

    usual_code = "FAILED_PRECONDITION"


class Unavailable(VaultError):
    """No answer after all retries; whether the call took effect is unknown.

    The same call with the same request_id is safe.
    """

    usual_code = "UNAVAILABLE"


class DeadlineExceeded(Unavailable):
    """No answer in time; as with any Unavailable, whether the call took effect is unknown."""

    usual_code = "DEADLINE_EXCEEDED"


class RecordDamaged(VaultError):
    """Stored bytes do not verify; tell the vault's operator."""

    usual_code = "DATA_LOSS"


BY_REASON: dict[str, type[VaultError]] = {
    Reason.INVALID_MESSAGE: InvalidFields,
    Reason.TOO_MANY_ITEMS: InvalidFields,
    Reason.INVALID_NAME: InvalidFields,
    Reason.INVALID_DOCUMENT_NUMBER: InvalidFields,
    Reason.UNSUPPORTED_DOCUMENT: InvalidFields,
    Reason.CONSENT_MISSING: InvalidFields,
    Reason.INVALID_REQUEST_ID: InvalidFields,
    Reason.INVALID_ACCOUNT_TOKEN: InvalidFields,
    Reason.REQUEST_ID_REUSED: RequestIdReused,
    Reason.ACCOUNT_NOT_FOUND: NotFound,
    Reason.REQUEST_NOT_FOUND: NotFound,
    Reason.SANCTION_NOT_FOUND: NotFound,
    Reason.MODERATOR_NOT_FOUND: NotFound,
    Reason.SESSION_NOT_FOUND: NotFound,
    Reason.VERIFICATION_NOT_FOUND: NotFound,
    Reason.CONTEST_NOT_FOUND: NotFound,
    Reason.REINSTATEMENT_NOT_FOUND: NotFound,
    Reason.APPEAL_NOT_FOUND: NotFound,
    Reason.CONTENT_MEASURE_NOT_FOUND: NotFound,
    Reason.ORDER_NOT_FOUND: NotFound,
    Reason.AUTHORITY_NOT_FOUND: NotFound,
    Reason.REFERRAL_NOT_FOUND: NotFound,
    Reason.OPERATION_NOT_FOUND: NotFound,
    Reason.TEMPLATE_NOT_FOUND: NotFound,
    Reason.PUBLIC_ACCOUNT_NOT_FOUND: NotFound,
    Reason.PLATFORM_NOT_FOUND: NotFound,
    Reason.TIP_OFF_NOT_FOUND: NotFound,
    Reason.REPORTER_NOT_FOUND: NotFound,
    Reason.ERASURE_NOT_FOUND: NotFound,
    Reason.REVIEW_NOT_FOUND: NotFound,
    Reason.TOO_MANY_ATTEMPTS: TooManyAttempts,
    Reason.TOO_MANY_REVIEWS: Exhausted,
    Reason.REGISTRY_BACKLOG: RegistryBacklog,
    Reason.CREDENTIAL_QUOTA_REACHED: Exhausted,
    Reason.TIP_OFF_LIMIT_REACHED: Exhausted,
    Reason.ACCESS_DENIED: AccessDenied,
    Reason.SECOND_FACTOR_REFUSED: SecondFactorRefused,
    Reason.SECOND_FACTOR_LOCKED: SecondFactorRefused,
    Reason.SELF_APPROVAL: AccessDenied,
    Reason.DISCLOSURE_EXPIRED: PreconditionFailed,
    Reason.QUORUM_INVALID: PreconditionFailed,
    Reason.ROSTER_INVALID: PreconditionFailed,
    Reason.ACCOUNT_CLOSED: PreconditionFailed,
    Reason.ACCOUNT_ERASED: PreconditionFailed,
    Reason.RECORD_VERSION_GONE: PreconditionFailed,
    Reason.NARROWING_NOT_DUE: PreconditionFailed,
    Reason.PERSON_UNKNOWN: PreconditionFailed,
    Reason.RENEWAL_SUSPENDED: PreconditionFailed,
    Reason.MODERATOR_REVOKED: PreconditionFailed,
    Reason.MODERATORS_TOO_FEW: PreconditionFailed,
    Reason.MODERATORS_SUFFICE: PreconditionFailed,
    Reason.SESSION_EXPIRED: PreconditionFailed,
    Reason.SESSION_TAKEN: PreconditionFailed,
    Reason.CONTEST_EXISTS: PreconditionFailed,
    Reason.REINSTATEMENT_EXISTS: PreconditionFailed,
    Reason.REINSTATEMENT_TOO_LATE: PreconditionFailed,
    Reason.DISAVOWAL_NOT_FOUND: NotFound,
    Reason.LIST_NOT_READY: PreconditionFailed,
    Reason.PAGES_NOT_SERVED: PreconditionFailed,
    Reason.PROOF_NOT_OFFERED: PreconditionFailed,
    Reason.PROOF_OPEN: PreconditionFailed,
    Reason.PROOF_REFUSED: PreconditionFailed,
    Reason.APPEAL_EXISTS: PreconditionFailed,
    Reason.SANCTION_NEVER_IN_FORCE: PreconditionFailed,
    Reason.APPEAL_TOO_LATE: PreconditionFailed,
    Reason.OPERATION_CLOSED: PreconditionFailed,
    Reason.ORDER_WITHDRAWN: PreconditionFailed,
    Reason.ACCOUNT_NOT_VERIFIED: PreconditionFailed,
    Reason.ASSURANCE_MISSING: PreconditionFailed,
    Reason.RENEWAL_TOO_EARLY: PreconditionFailed,
    Reason.PUBLIC_ACCOUNT_NOT_LIVE: PreconditionFailed,
    Reason.SANCTION_OPEN: PreconditionFailed,
    Reason.OPERATOR_NOT_ELIGIBLE: PreconditionFailed,
    Reason.OWNER_NOT_ELIGIBLE: PreconditionFailed,
    Reason.KIND_DIFFERS: PreconditionFailed,
    Reason.TRANSFER_NOT_OFFERED: PreconditionFailed,
    Reason.ASSIGNEE_CHANGED: PreconditionFailed,
    Reason.CONTACT_NOT_PROVED: PreconditionFailed,
    Reason.PROPOSAL_OPEN: PreconditionFailed,
    Reason.REFERRAL_OPEN: PreconditionFailed,
    Reason.ILLEGAL_TRANSITION: PreconditionFailed,
    Reason.LOG_UNAVAILABLE: Unavailable,
    Reason.STORE_UNAVAILABLE: Unavailable,
    Reason.PROVIDER_UNAVAILABLE: Unavailable,
    Reason.RECORD_DAMAGED: RecordDamaged,
    Reason.SLOW_CONSUMER: Exhausted,
    Reason.STREAM_ENDED: Unavailable,
}

BY_CODE: dict[str, type[VaultError]] = {
    "INVALID_ARGUMENT": InvalidFields,
    "ALREADY_EXISTS": RequestIdReused,
    "NOT_FOUND": NotFound,
    "RESOURCE_EXHAUSTED": Exhausted,
    "PERMISSION_DENIED": AccessDenied,
    "UNAUTHENTICATED": AccessDenied,
    "FAILED_PRECONDITION": PreconditionFailed,
    "UNAVAILABLE": Unavailable,
    "ABORTED": Unavailable,
    "CANCELLED": Unavailable,
    "DEADLINE_EXCEEDED": DeadlineExceeded,
    "DATA_LOSS": RecordDamaged,
}
