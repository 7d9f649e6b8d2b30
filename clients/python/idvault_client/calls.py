"""Requests built and answers read by pure functions; both transports run the same `Call`."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, timedelta
from enum import StrEnum
from typing import Generic, TypeVar
from uuid import UUID, uuid4

from google.protobuf.descriptor import EnumDescriptor, ServiceDescriptor
from google.protobuf.message import DecodeError
from google.protobuf.timestamp_pb2 import Timestamp

from idvault.domain.error import FieldCode, Reason
from idvault.domain.organization import OrganizationCategory
from idvault.domain.status import Assurance, Standing, State, SubjectKind
from idvault.domain.verification import ClaimState
from idvault.v1 import common_pb2, status_pb2, verification_pb2
from idvault_client import history, refusals
from idvault_client import receipt as receipts
from idvault_client.accounts import Consent, IdentityDocument, Status, Statuses, Verification
from idvault_client.errors import InvalidFields
from idvault_client.history import DisclosureHistory
from idvault_client.reasons import FailureReason

BATCH_SIZE = 1000
"""How many accounts one BatchGetStatuses takes."""
_DEFAULT_RETRY_AFTER = timedelta(seconds=5)
_VERIFICATION = verification_pb2.DESCRIPTOR.services_by_name["VerificationService"]
_STATUS = status_pb2.DESCRIPTOR.services_by_name["StatusService"]

Result = TypeVar("Result")
Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Call(Generic[Result]):
    """One rpc: its path, its request as it is sent, and how its answer is read."""

    path: str
    request: bytes = field(repr=False)
    read: Callable[[bytes], Result]
    request_id: str | None = None

    def result(self, answer: bytes) -> Result:
        """Return what the answer means; raises VaultError if it breaks the contract."""
        # Raised outside of the handler: an answer's bytes must not travel along as the context.
        try:
            return self.read(answer)
        except (ValueError, DecodeError):
            pass
        raise refusals.not_understood(request_id=self.request_id)


def verify_individual(
    name: str,
    document: IdentityDocument,
    *,
    consent: Consent,
    request_id: str | UUID | None,
    account_token: str | None,
    invitation_code: str | None = None,
) -> Call[Verification]:
    """Return the call that verifies a person; without request_id it gets a random one."""
    chosen = str(request_id or uuid4())
    request = verification_pb2.VerifyIndividualRequest(
        request_id=text(chosen, field="request_id", reason=Reason.INVALID_REQUEST_ID),
        real_name=text(name, field="real_name", reason=Reason.INVALID_NAME),
        document=_document(document),
        consent=_consent(consent),
        account_token=_token(account_token or ""),
        invitation_code=_code(invitation_code),
    )
    return Call(
        path(_VERIFICATION, "VerifyIndividual"), request.SerializeToString(), _read_verification, chosen
    )


def verify_organization(
    name: str,
    document: IdentityDocument,
    *,
    consent: Consent,
    request_id: str | UUID | None,
    account_token: str | None,
    invitation_code: str | None = None,
) -> Call[Verification]:
    """Return the call that verifies an organisation; without request_id it gets a random one."""
    chosen = str(request_id or uuid4())
    request = verification_pb2.VerifyOrganizationRequest(
        request_id=text(chosen, field="request_id", reason=Reason.INVALID_REQUEST_ID),
        organization_name=text(name, field="organization_name", reason=Reason.INVALID_NAME),
        document=_document(document),
        consent=_consent(consent),
        account_token=_token(account_token or ""),
        invitation_code=_code(invitation_code),
    )
    return Call(
        path(_VERIFICATION, "VerifyOrganization"), request.SerializeToString(), _read_verification, chosen
    )


def get_verification(request_id: str | UUID) -> Call[Verification]:
    """Return the call that reads a claim."""
    chosen = text(str(request_id), field="request_id", reason=Reason.INVALID_REQUEST_ID)
    request = verification_pb2.GetVerificationRequest(request_id=chosen).SerializeToString()
    return Call(path(_VERIFICATION, "GetVerification"), request, _read_verification, chosen)


def get_status(account_token: str) -> Call[Status]:
    """Return the call that reads one status."""
    request = status_pb2.GetStatusRequest(account_token=_token(account_token)).SerializeToString()
    return Call(path(_STATUS, "GetStatus"), request, _read_status)


def batch_get_statuses(account_tokens: Iterable[str]) -> list[Call[Statuses]]:
    """Return the calls that read many statuses, a repeated token asked once, 1,000 tokens a call at most."""
    if isinstance(account_tokens, str):
        raise TypeError("account_tokens must be several tokens, not one text")
    tokens = list(dict.fromkeys(account_tokens))
    chunks = (tokens[start : start + BATCH_SIZE] for start in range(0, len(tokens), BATCH_SIZE))
    return [_batch(chunk) for chunk in chunks]


def get_disclosure_history(account_token: str) -> Call[DisclosureHistory]:
    """Return the call that reads the openings of an account's records."""
    request = status_pb2.GetDisclosureHistoryRequest(account_token=_token(account_token))
    return Call(path(_STATUS, "GetDisclosureHistory"), request.SerializeToString(), history.read_answer)


def join(parts: Sequence[Statuses]) -> Statuses:
    """Return the answers of one batch as one answer."""
    return Statuses(
        tuple(status for part in parts for status in part.statuses),
        tuple(token for part in parts for token in part.unknown_account_tokens),
    )


def _batch(tokens: Sequence[str]) -> Call[Statuses]:
    request = status_pb2.BatchGetStatusesRequest(account_tokens=[_token(token) for token in tokens])
    return Call(path(_STATUS, "BatchGetStatuses"), request.SerializeToString(), _read_statuses)


def path(service: ServiceDescriptor, method: str) -> str:
    """Return the path of a method; raises KeyError if the service has none of that name."""
    return f"/{service.full_name}/{service.methods_by_name[method].name}"


def _token(token: str) -> str:
    return text(token, field="account_token", reason=Reason.INVALID_ACCOUNT_TOKEN)


def _document(document: IdentityDocument) -> common_pb2.IdentityDocument:
    return common_pb2.IdentityDocument(
        type=common_pb2.DocumentType.Value(f"DOCUMENT_TYPE_{document.type.value}"),
        number=text(document.number, field="document.number", reason=Reason.INVALID_DOCUMENT_NUMBER),
    )


def _consent(consent: Consent) -> common_pb2.Consent:
    agreed = Timestamp()
    agreed.FromDatetime(consent.agree_time.astimezone(UTC))
    version = text(consent.policy_version, field="consent.policy_version", reason=Reason.CONSENT_MISSING)
    return common_pb2.Consent(policy_version=version, agree_time=agreed)


def _code(invitation_code: str | None) -> str:
    return text(invitation_code or "", field="invitation_code", reason=Reason.INVALID_MESSAGE)


def text(value: str, *, field: str, reason: Reason) -> str:
    """Return the text as it is; protobuf's own error for one that is not UTF-8 would carry the value."""
    if not isinstance(value, str):
        raise TypeError(f"{field} must be a str")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise InvalidFields(reason, "INVALID_ARGUMENT", fields={field: FieldCode.CHARACTER})
    return value


def _read_verification(data: bytes) -> Verification:
    answer = verification_pb2.Verification.FromString(data)
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
        status=status(answer.status),
        failure_reason=failure or FailureReason.UNSPECIFIED,
        retry_after=(wait if wait > timedelta() else _DEFAULT_RETRY_AFTER) if pending else timedelta(),
        receipt=receipts.read(answer.receipt) if answer.HasField("receipt") else None,
    )


def _read_status(data: bytes) -> Status:
    return status(common_pb2.AccountStatus.FromString(data))


def _read_statuses(data: bytes) -> Statuses:
    answer = status_pb2.BatchGetStatusesResponse.FromString(data)
    found = tuple(status(each) for each in answer.statuses)
    return Statuses(found, tuple(answer.unknown_account_tokens))


def status(answer: common_pb2.AccountStatus) -> Status:
    """Return the status of a message; raises ValueError if it breaks the contract."""
    kinds = common_pb2.AccountStatus.DESCRIPTOR.enum_types_by_name
    common = common_pb2.DESCRIPTOR.enum_types_by_name
    subject, category = common["SubjectKind"], common["OrganizationCategory"]
    if not answer.account_token:
        raise ValueError("a status without account")
    return Status(
        account_token=answer.account_token,
        subject_kind=choice(SubjectKind, subject, answer.subject_kind),
        state=choice(State, kinds["State"], answer.state),
        standing=choice(Standing, kinds["Standing"], answer.standing),
        assurance=choice(Assurance, kinds["Assurance"], answer.assurance),
        revision=answer.revision,
        verify_date=_day(answer.verify_date),
        expire_date=_day(answer.expire_date),
        organization_category=choice(OrganizationCategory, category, answer.organization_category),
    )


def choice(choices: type[Choice], descriptor: EnumDescriptor, number: int) -> Choice | None:
    """Return the value of our own enum; None for one that a newer server may send."""
    value = descriptor.values_by_number.get(number)
    if value is None:
        return None
    prefix = descriptor.values_by_number[0].name.removesuffix("UNSPECIFIED")
    name = value.name.removeprefix(prefix)
    return choices(name) if name in choices.__members__ else None


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
