"""Converts messages to domain values and back, and validates them."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import TypeVar

from google.protobuf.timestamp_pb2 import Timestamp

from idvault.api.account import convert
from idvault.api.edge.call import Caller
from idvault.domain import claim as claim_rules
from idvault.domain import request as request_rules
from idvault.domain import token
from idvault.domain.account import (
    Account,
    AccountState,
    Assurance,
    Standing,
    Status,
    SubjectKind,
)
from idvault.domain.campaign import invitation
from idvault.domain.claim import (
    ClaimRules,
    ClaimState,
    Consent,
    FailureReason,
    Identity,
)
from idvault.domain.clock import ClockReading
from idvault.domain.document import DocumentType
from idvault.domain.error import FieldCode, InvalidError, Reason, Violation
from idvault.domain.organization import OrganizationCategory
from idvault.domain.seal import Part
from idvault.flows.claim.receipt import Receipt
from idvault.flows.claim.verification import VerifyCommand
from idvault.ports.claim import Claim
from idvault.v1 import common_pb2, verification_pb2

BATCH_LIMIT = 1_000
_ANSWER_TIME = 0.2  # seconds of a deadline reserved for the answer to reach the caller
_SHORTEST_WAIT = timedelta(seconds=1)
_LARGEST_NANOS = 999_999_999
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_Checked = TypeVar("_Checked")
_Word = TypeVar("_Word", bound=Enum)
_Number = TypeVar("_Number")


def numbers(words: type[_Word], values: Callable[[str], _Number], prefix: str) -> dict[_Word, _Number]:
    """Return the proto enum value of each member; fails at import if the proto lacks one."""
    return {word: values(prefix + word.name) for word in words}


_SUBJECT_KINDS = numbers(SubjectKind, common_pb2.SubjectKind.Value, "SUBJECT_KIND_")
_STATES = numbers(AccountState, common_pb2.AccountStatus.State.Value, "STATE_")
STANDINGS = numbers(Standing, common_pb2.AccountStatus.Standing.Value, "STANDING_")
_ASSURANCES = numbers(Assurance, common_pb2.AccountStatus.Assurance.Value, "ASSURANCE_")
CLAIM_STATES = numbers(ClaimState, verification_pb2.Verification.State.Value, "STATE_")
FAILURES = numbers(FailureReason, verification_pb2.Verification.FailureReason.Value, "FAILURE_REASON_")
_DOCUMENT_TYPES = {
    number: word
    for word, number in numbers(DocumentType, common_pb2.DocumentType.Value, "DOCUMENT_TYPE_").items()
}
_CATEGORIES = numbers(OrganizationCategory, common_pb2.OrganizationCategory.Value, "ORGANIZATION_CATEGORY_")

Verify = verification_pb2.VerifyIndividualRequest | verification_pb2.VerifyOrganizationRequest
"""Both messages have the same fields with the same numbers; only the name field is called differently."""


def verify_command(request: Verify, *, caller: Caller, now: ClockReading, rules: ClaimRules) -> VerifyCommand:
    """Return the claim of a request; raises InvalidError naming every invalid field.

    The reason is that of the first invalid field.
    """
    refusals: list[InvalidError] = []
    request_id = _checked(refusals, lambda: request_rules.check_id(request.request_id))
    identity = _checked(refusals, lambda: _identity(request, now=now, rules=rules))
    agreed = _checked(refusals, lambda: consent(request.consent, now=now))
    account_token = _checked(refusals, lambda: _optional_token(request.account_token))
    code_hash = _checked(refusals, lambda: _optional_code_hash(request))
    if request_id is None or identity is None or agreed is None or refusals:
        raise InvalidError(refusals[0].reason, *(v for error in refusals for v in error.violations))
    return VerifyCommand(
        relying_party=caller.name,
        actor_id=caller.actor_id,
        request_id=request_id,
        method=type(request).__name__.removesuffix("Request"),
        fields=fields(request),
        identity=identity,
        consent=agreed,
        account_token=account_token,
        invitation_code_hash=code_hash,
    )


def fields(request: Verify) -> tuple[Part, ...]:
    """Return the fields that make two requests the same, in field-number order, as received.

    These are all except request_id and consent.agree_time, which may be a new time when a platform repeats.
    """
    return (
        _name(request),
        request.document.type,
        request.document.number,
        request.consent.policy_version,
        request.account_token,
        request.invitation_code,
    )


def request_id(value: str) -> str:
    """Return a checked request id; raises InvalidError (INVALID_REQUEST_ID)."""
    return request_rules.check_id(value)


def account_tokens(values: Sequence[str]) -> list[str]:
    """Return 1 to 1,000 checked tokens; raises InvalidError (TOO_MANY_ITEMS, INVALID_ACCOUNT_TOKEN)."""
    if not values:
        raise InvalidError(Reason.INVALID_ACCOUNT_TOKEN, Violation("account_tokens", FieldCode.REQUIRED))
    if len(values) > BATCH_LIMIT:
        raise InvalidError(Reason.TOO_MANY_ITEMS, Violation("account_tokens", FieldCode.LENGTH))
    if token.are_tokens(values):
        return list(values)
    return [token.check(value, field=f"account_tokens[{index}]") for index, value in enumerate(values)]


def patience(remaining: float | None, *, longest: float) -> float:
    """Return how many seconds to wait for a registry: `longest`, or less if the deadline is earlier."""
    return longest if remaining is None else max(0.0, min(longest, remaining - _ANSWER_TIME))


def status(value: Status | Account) -> common_pb2.AccountStatus:
    """Return the message of a published status; an account must be as of today."""
    message = common_pb2.AccountStatus(
        account_token=value.account_token,
        subject_kind=_SUBJECT_KINDS[value.subject_kind],
        state=_STATES[value.state],
        standing=STANDINGS[value.standing],
        assurance=_ASSURANCES[value.assurance],
        verify_date=value.verify_date.isoformat() if value.verify_date else "",
        expire_date=value.expire_date.isoformat() if value.expire_date else "",
        revision=value.revision,
    )
    if value.standing_until is not None:
        message.standing_until.FromDatetime(value.standing_until)
    if value.erase_at is not None:
        message.erase_time.FromDatetime(value.erase_at)
    if value.organization_category is not None:
        message.organization_category = _CATEGORIES[value.organization_category]
    return message


def claim(
    value: Claim, *, now: ClockReading, receipt: Receipt | None = None
) -> verification_pb2.Verification:
    """Return the message of a claim; its account must be projected to today."""
    message = verification_pb2.Verification(
        account_token=value.account.account_token,
        state=CLAIM_STATES[value.state],
        status=status(value.account),
        request_id=value.request_id,
    )
    if value.failure_reason is not None:
        message.failure_reason = FAILURES[value.failure_reason]
    if receipt is not None:
        message.receipt.CopyFrom(convert.receipt(receipt))
    if value.state is ClaimState.PENDING:
        wait = value.retry_at - now.real if value.retry_at else _SHORTEST_WAIT
        message.retry_after.FromTimedelta(max(wait, _SHORTEST_WAIT))
    return message


def _checked(refusals: list[InvalidError], check: Callable[[], _Checked]) -> _Checked | None:
    try:
        return check()
    except InvalidError as error:
        refusals.append(error.with_traceback(None))  # its frames hold the list, and the request
        return None


def _name(request: Verify) -> str:
    if isinstance(request, verification_pb2.VerifyIndividualRequest):
        return request.real_name
    return request.organization_name


def _identity(request: Verify, *, now: ClockReading, rules: ClaimRules) -> Identity:
    if request.document.type == common_pb2.DOCUMENT_TYPE_UNSPECIFIED:
        raise InvalidError(Reason.UNSUPPORTED_DOCUMENT, Violation("document.type", FieldCode.REQUIRED))
    kind = _DOCUMENT_TYPES.get(request.document.type)
    if kind is None:
        raise InvalidError(Reason.UNSUPPORTED_DOCUMENT, Violation("document.type", FieldCode.CHARACTER))
    number, today = request.document.number, now.today(rules.zone)
    if isinstance(request, verification_pb2.VerifyIndividualRequest):
        return claim_rules.check_identity(
            real_name=request.real_name, document_type=kind, number=number, rules=rules, today=today
        )
    return claim_rules.check_organization(
        organization_name=request.organization_name,
        document_type=kind,
        number=number,
        rules=rules,
        today=today,
    )


def consent(message: common_pb2.Consent, *, now: ClockReading) -> Consent:
    """Return an owner's consent; raises InvalidError (CONSENT_MISSING)."""
    agree_time = _time(message.agree_time) if message.HasField("agree_time") else None
    return claim_rules.check_consent(
        policy_version=message.policy_version, agree_time=agree_time, now=now.business
    )


def _time(timestamp: Timestamp) -> datetime:
    try:
        time = _EPOCH + timedelta(seconds=timestamp.seconds, microseconds=timestamp.nanos // 1_000)
    except OverflowError:
        time = None
    if time is None or not 0 <= timestamp.nanos <= _LARGEST_NANOS:
        raise InvalidError(Reason.CONSENT_MISSING, Violation("consent.agree_time", FieldCode.CHARACTER))
    return time


def _optional_token(value: str) -> str | None:
    return token.check(value) if value else None


def _optional_code_hash(request: Verify) -> bytes | None:
    return invitation_code_hash(request.invitation_code, account_token=request.account_token)


def invitation_code_hash(code: str, *, account_token: str) -> bytes | None:
    """Return what is kept of an invitation's code, None if there is none; raises InvalidError."""
    if not code:
        return None
    if not account_token:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("account_token", FieldCode.REQUIRED))
    checked = invitation.check_code(code)
    return invitation.code_hash(account_token=account_token, code=checked)
