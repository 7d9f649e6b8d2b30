"""Claims: the identity that an account's owner asserts, and the answer."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated

from idvault_client.backend.status import Status
from idvault_client.codec import Id, ReadBy
from idvault_client.reasons import FailureReason
from idvault_verify.claim import ClaimState
from idvault_verify.document import DocumentType
from idvault_verify.offline import receipt as receipts
from idvault_verify.offline.receipt import ClaimReceipt
from idvault_verify.v1 import verification_pb2 as pb

_SERVICE = pb.DESCRIPTOR.services_by_name["VerificationService"]
_DEFAULT_RETRY_AFTER = timedelta(seconds=5)
_ENDED = (pb.Verification.STATE_SUCCEEDED, pb.Verification.STATE_FAILED)


@dataclass(frozen=True, slots=True)
class IdentityDocument:
    """A document as its owner typed it; the vault normalises and checks the number."""

    type: DocumentType
    number: str = field(repr=False)


def resident_id(number: str) -> IdentityDocument:
    """Return a resident identity card (GB 11643-1999, 18 characters)."""
    return IdentityDocument(DocumentType.RESIDENT_ID, number)


def residence_permit(number: str) -> IdentityDocument:
    """Return a residence permit of Hong Kong, Macau and Taiwan residents (18 characters)."""
    return IdentityDocument(DocumentType.RESIDENCE_PERMIT, number)


def foreign_permanent_resident(number: str) -> IdentityDocument:
    """Return a foreign permanent resident identity card (18 characters, or 3 letters and 12 digits)."""
    return IdentityDocument(DocumentType.FOREIGN_PERMANENT_RESIDENT, number)


def unified_social_credit_code(number: str) -> IdentityDocument:
    """Return an organisation's unified social credit code (GB 32100-2015, 18 characters)."""
    return IdentityDocument(DocumentType.UNIFIED_SOCIAL_CREDIT_CODE, number)


@dataclass(frozen=True, slots=True)
class Consent:
    """Which version of your terms the person agreed to, and when (an aware datetime, not in the future)."""

    policy_version: str
    agree_time: datetime

    def __post_init__(self) -> None:
        """Refuse a time without a zone, because its meaning would depend on the machine."""
        if not isinstance(self.agree_time, datetime):
            raise TypeError(f"agree_time must be a datetime, not a {type(self.agree_time).__name__}")
        if self.agree_time.tzinfo is None:
            raise ValueError("agree_time needs a time zone, for example datetime.now(UTC)")


def _retry_after(answer: pb.Verification) -> timedelta:
    wait = answer.retry_after.ToTimedelta()
    if answer.state in _ENDED:
        return timedelta()
    return wait if wait > timedelta() else _DEFAULT_RETRY_AFTER


def _receipt(answer: pb.Verification) -> ClaimReceipt | None:
    return receipts.read(answer.receipt) if answer.HasField("receipt") else None


@dataclass(frozen=True, slots=True)
class Verification:
    """A claim and its state.

    failure_reason is FailureReason.UNSPECIFIED unless the claim failed. retry_after is zero unless the claim
    is pending: call get_verification with request_id after that time. receipt is the owner's proof that the
    identity is sealed and logged, None unless the claim succeeded. It is complete once a checkpoint covers
    it; two answers about one claim are equal whether it is complete or not.
    """

    request_id: Id
    account_token: Id
    state: ClaimState | None
    status: Status
    failure_reason: FailureReason
    retry_after: Annotated[timedelta, ReadBy(_retry_after)]
    receipt: Annotated[ClaimReceipt | None, ReadBy(_receipt)] = field(default=None, compare=False)

    @property
    def succeeded(self) -> bool:
        """Whether the registry confirmed the claim."""
        return self.state is ClaimState.SUCCEEDED

    @property
    def failed(self) -> bool:
        """Whether the claim ended without success; failure_reason says why."""
        return self.state is ClaimState.FAILED

    @property
    def pending(self) -> bool:
        """Whether to ask again: the registry has not answered, or this client does not know the state."""
        return not self.succeeded and not self.failed
