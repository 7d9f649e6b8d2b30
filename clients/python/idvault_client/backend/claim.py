"""Claims: the identity that an account's owner asserts, the calls that verify it, and the answer."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from google.protobuf.timestamp_pb2 import Timestamp

from idvault.v1 import common_pb2, verification_pb2
from idvault.verify.claim import ClaimState
from idvault.verify.document import DocumentType
from idvault.verify.error import Reason
from idvault_client.backend.account import status as statuses
from idvault_client.backend.account.status import Status
from idvault_client.backend.rpc import RequestId, Rpc, account, choice, chosen_id, rpc, text
from idvault_client.offline import receipt as receipts
from idvault_client.offline.receipt import ClaimReceipt
from idvault_client.reasons import FailureReason

_DEFAULT_RETRY_AFTER = timedelta(seconds=5)
_SERVICE = verification_pb2.DESCRIPTOR.services_by_name["VerificationService"]


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
        if self.agree_time.tzinfo is None:
            raise ValueError("agree_time needs a time zone, for example datetime.now(UTC)")


@dataclass(frozen=True, slots=True)
class Verification:
    """A claim and its state.

    failure_reason is FailureReason.UNSPECIFIED unless the claim failed. retry_after is zero unless the claim
    is pending: call get_verification with request_id after that time. receipt is the owner's proof that the
    identity is sealed and logged, None unless the claim succeeded. It is complete once a checkpoint covers
    it; two answers about one claim are equal whether it is complete or not.
    """

    request_id: str
    account_token: str
    state: ClaimState | None
    status: Status
    failure_reason: FailureReason
    retry_after: timedelta
    receipt: ClaimReceipt | None = field(default=None, compare=False)

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


def verify_individual(
    name: str,
    document: IdentityDocument,
    *,
    consent: Consent,
    request_id: RequestId = None,
    account_token: str | None = None,
    invitation_code: str | None = None,
) -> Rpc[Verification]:
    """Verify a person's real name and number.

    account_token: the account to verify again; none at sign-up. invitation_code: the code of an
    invitation by link, if the person followed one.
    request_id: a UUID that you saved before the call, so that you can repeat it. Without one the client
    chooses one; the result or the error has it. Raises InvalidFields, RequestIdReused, NotFound,
    TooManyAttempts, RegistryBacklog, PreconditionFailed, AccessDenied, Unavailable. A mismatch is not an
    error: see Verification.failed.
    """
    chosen = chosen_id(request_id)
    request = verification_pb2.VerifyIndividualRequest(
        request_id=chosen,
        real_name=text(name, field="real_name", reason=Reason.INVALID_NAME),
        document=_document(document),
        consent=consent_message(consent),
        account_token=account(account_token or ""),
        invitation_code=text(invitation_code or "", field="invitation_code"),
    )
    return rpc(_SERVICE, "VerifyIndividual", request, _read, request_id=chosen)


def verify_organization(
    name: str,
    document: IdentityDocument,
    *,
    consent: Consent,
    request_id: RequestId = None,
    account_token: str | None = None,
    invitation_code: str | None = None,
) -> Rpc[Verification]:
    """Verify an organisation's registered name and unified social credit code.

    The arguments and errors are those of verify_individual. The status shows the organisation's category once
    it is verified.
    """
    chosen = chosen_id(request_id)
    request = verification_pb2.VerifyOrganizationRequest(
        request_id=chosen,
        organization_name=text(name, field="organization_name", reason=Reason.INVALID_NAME),
        document=_document(document),
        consent=consent_message(consent),
        account_token=account(account_token or ""),
        invitation_code=text(invitation_code or "", field="invitation_code"),
    )
    return rpc(_SERVICE, "VerifyOrganization", request, _read, request_id=chosen)


def get_verification(request_id: RequestId) -> Rpc[Verification]:
    """Return the current state of a claim; raises NotFound, AccessDenied, Unavailable."""
    chosen = text(str(request_id), field="request_id", reason=Reason.INVALID_REQUEST_ID)
    request = verification_pb2.GetVerificationRequest(request_id=chosen)
    return rpc(_SERVICE, "GetVerification", request, _read, request_id=chosen)


def _document(document: IdentityDocument) -> common_pb2.IdentityDocument:
    return common_pb2.IdentityDocument(
        type=common_pb2.DocumentType.Value(f"DOCUMENT_TYPE_{document.type.value}"),
        number=text(document.number, field="document.number", reason=Reason.INVALID_DOCUMENT_NUMBER),
    )


def consent_message(consent: Consent) -> common_pb2.Consent:
    """Return the message of a consent."""
    agreed = Timestamp()
    agreed.FromDatetime(consent.agree_time.astimezone(UTC))
    version = text(consent.policy_version, field="consent.policy_version", reason=Reason.CONSENT_MISSING)
    return common_pb2.Consent(policy_version=version, agree_time=agreed)


def _read(data: bytes) -> Verification:
    return from_message(verification_pb2.Verification.FromString(data))


def from_message(answer: verification_pb2.Verification) -> Verification:
    """Return the claim of a message; raises ValueError if it breaks the contract."""
    kinds = verification_pb2.Verification.DESCRIPTOR.enum_types_by_name
    state = choice(ClaimState, kinds["State"], answer.state)
    failure = choice(FailureReason, kinds["FailureReason"], answer.failure_reason)
    wait = answer.retry_after.ToTimedelta()
    pending = state not in (ClaimState.SUCCEEDED, ClaimState.FAILED)
    if not answer.account_token or not answer.request_id:
        raise ValueError("a claim without account or request id")
    return Verification(
        request_id=answer.request_id,
        account_token=answer.account_token,
        state=state,
        status=statuses.read(answer.status),
        failure_reason=failure or FailureReason.UNSPECIFIED,
        retry_after=(wait if wait > timedelta() else _DEFAULT_RETRY_AFTER) if pending else timedelta(),
        receipt=receipts.read(answer.receipt) if answer.HasField("receipt") else None,
    )
