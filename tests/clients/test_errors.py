"""Each refusal raises a specific exception type, with only useful data."""

import pickle
from datetime import UTC, datetime, timedelta

import grpc
import pytest

from idvault_client import (
    AccessDenied,
    DeadlineExceeded,
    Exhausted,
    InvalidFields,
    NotFound,
    PreconditionFailed,
    RecordDamaged,
    RegistryBacklog,
    RequestIdReused,
    TooManyAttempts,
    Unavailable,
    VaultError,
    errors,
    reasons,
)
from idvault_verify.error import Reason
from tests.clients.vault_server import REQUEST_ID, Refuse, Trailers, VaultServer
from tests.support.both_clients import AskClient

Code = grpc.StatusCode
EXPECTED = {
    Reason.INVALID_MESSAGE: (Code.INVALID_ARGUMENT, InvalidFields),
    Reason.TOO_MANY_ITEMS: (Code.INVALID_ARGUMENT, InvalidFields),
    Reason.INVALID_NAME: (Code.INVALID_ARGUMENT, InvalidFields),
    Reason.INVALID_DOCUMENT_NUMBER: (Code.INVALID_ARGUMENT, InvalidFields),
    Reason.UNSUPPORTED_DOCUMENT: (Code.INVALID_ARGUMENT, InvalidFields),
    Reason.CONSENT_MISSING: (Code.INVALID_ARGUMENT, InvalidFields),
    Reason.INVALID_REQUEST_ID: (Code.INVALID_ARGUMENT, InvalidFields),
    Reason.INVALID_ACCOUNT_TOKEN: (Code.INVALID_ARGUMENT, InvalidFields),
    Reason.REQUEST_ID_REUSED: (Code.ALREADY_EXISTS, RequestIdReused),
    Reason.ACCOUNT_NOT_FOUND: (Code.NOT_FOUND, NotFound),
    Reason.REQUEST_NOT_FOUND: (Code.NOT_FOUND, NotFound),
    Reason.SANCTION_NOT_FOUND: (Code.NOT_FOUND, NotFound),
    Reason.MODERATOR_NOT_FOUND: (Code.NOT_FOUND, NotFound),
    Reason.SESSION_NOT_FOUND: (Code.NOT_FOUND, NotFound),
    Reason.PLATFORM_NOT_FOUND: (Code.NOT_FOUND, NotFound),
    Reason.VERIFICATION_NOT_FOUND: (Code.NOT_FOUND, NotFound),
    Reason.CONTEST_NOT_FOUND: (Code.NOT_FOUND, NotFound),
    Reason.CONTENT_MEASURE_NOT_FOUND: (Code.NOT_FOUND, NotFound),
    Reason.REVIEW_NOT_FOUND: (Code.NOT_FOUND, NotFound),
    Reason.CONTEST_EXISTS: (Code.FAILED_PRECONDITION, PreconditionFailed),
    Reason.REINSTATEMENT_NOT_FOUND: (Code.NOT_FOUND, NotFound),
    Reason.REINSTATEMENT_EXISTS: (Code.FAILED_PRECONDITION, PreconditionFailed),
    Reason.REINSTATEMENT_TOO_LATE: (Code.FAILED_PRECONDITION, PreconditionFailed),
    Reason.DISAVOWAL_NOT_FOUND: (Code.NOT_FOUND, NotFound),
    Reason.LIST_NOT_READY: (Code.FAILED_PRECONDITION, PreconditionFailed),
    Reason.SESSION_EXPIRED: (Code.FAILED_PRECONDITION, PreconditionFailed),
    Reason.SESSION_TAKEN: (Code.FAILED_PRECONDITION, PreconditionFailed),
    Reason.PAGES_NOT_SERVED: (Code.FAILED_PRECONDITION, PreconditionFailed),
    Reason.APPEAL_NOT_FOUND: (Code.NOT_FOUND, NotFound),
    Reason.ORDER_NOT_FOUND: (Code.NOT_FOUND, NotFound),
    Reason.OPERATION_NOT_FOUND: (Code.NOT_FOUND, NotFound),
    Reason.TEMPLATE_NOT_FOUND: (Code.NOT_FOUND, NotFound),
    Reason.PUBLIC_ACCOUNT_NOT_FOUND: (Code.NOT_FOUND, NotFound),
    Reason.TIP_OFF_NOT_FOUND: (Code.NOT_FOUND, NotFound),
    Reason.REPORTER_NOT_FOUND: (Code.NOT_FOUND, NotFound),
    Reason.ERASURE_NOT_FOUND: (Code.NOT_FOUND, NotFound),
    Reason.TOO_MANY_ATTEMPTS: (Code.RESOURCE_EXHAUSTED, TooManyAttempts),
    Reason.TOO_MANY_REVIEWS: (Code.RESOURCE_EXHAUSTED, Exhausted),
    Reason.REGISTRY_BACKLOG: (Code.RESOURCE_EXHAUSTED, RegistryBacklog),
    Reason.CREDENTIAL_QUOTA_REACHED: (Code.RESOURCE_EXHAUSTED, Exhausted),
    Reason.TIP_OFF_LIMIT_REACHED: (Code.RESOURCE_EXHAUSTED, Exhausted),
    Reason.ACCESS_DENIED: (Code.PERMISSION_DENIED, AccessDenied),
    Reason.SECOND_FACTOR_REFUSED: (Code.PERMISSION_DENIED, errors.SecondFactorRefused),
    Reason.SECOND_FACTOR_LOCKED: (Code.PERMISSION_DENIED, errors.SecondFactorRefused),
    Reason.SELF_APPROVAL: (Code.PERMISSION_DENIED, AccessDenied),
    Reason.DISCLOSURE_EXPIRED: (Code.FAILED_PRECONDITION, PreconditionFailed),
    Reason.QUORUM_INVALID: (Code.FAILED_PRECONDITION, PreconditionFailed),
    Reason.ROSTER_INVALID: (Code.FAILED_PRECONDITION, PreconditionFailed),
    Reason.ACCOUNT_CLOSED: (Code.FAILED_PRECONDITION, PreconditionFailed),
    Reason.ACCOUNT_ERASED: (Code.FAILED_PRECONDITION, PreconditionFailed),
    Reason.RECORD_VERSION_GONE: (Code.FAILED_PRECONDITION, PreconditionFailed),
    Reason.PERSON_UNKNOWN: (Code.FAILED_PRECONDITION, PreconditionFailed),
    Reason.RENEWAL_SUSPENDED: (Code.FAILED_PRECONDITION, PreconditionFailed),
    Reason.MODERATOR_REVOKED: (Code.FAILED_PRECONDITION, PreconditionFailed),
    Reason.MODERATORS_TOO_FEW: (Code.FAILED_PRECONDITION, PreconditionFailed),
    Reason.MODERATORS_SUFFICE: (Code.FAILED_PRECONDITION, PreconditionFailed),
    Reason.PROOF_NOT_OFFERED: (Code.FAILED_PRECONDITION, PreconditionFailed),
    Reason.PROOF_OPEN: (Code.FAILED_PRECONDITION, PreconditionFailed),
    Reason.PROOF_REFUSED: (Code.FAILED_PRECONDITION, PreconditionFailed),
    Reason.APPEAL_EXISTS: (Code.FAILED_PRECONDITION, PreconditionFailed),
    Reason.SANCTION_NEVER_IN_FORCE: (Code.FAILED_PRECONDITION, PreconditionFailed),
    Reason.APPEAL_TOO_LATE: (Code.FAILED_PRECONDITION, PreconditionFailed),
    Reason.ORDER_WITHDRAWN: (Code.FAILED_PRECONDITION, PreconditionFailed),
    Reason.PROPOSAL_OPEN: (Code.FAILED_PRECONDITION, PreconditionFailed),
    Reason.REFERRAL_OPEN: (Code.FAILED_PRECONDITION, PreconditionFailed),
    Reason.AUTHORITY_NOT_FOUND: (Code.NOT_FOUND, NotFound),
    Reason.REFERRAL_NOT_FOUND: (Code.NOT_FOUND, NotFound),
    Reason.OPERATION_CLOSED: (Code.FAILED_PRECONDITION, PreconditionFailed),
    Reason.ACCOUNT_NOT_VERIFIED: (Code.FAILED_PRECONDITION, PreconditionFailed),
    Reason.ASSURANCE_MISSING: (Code.FAILED_PRECONDITION, PreconditionFailed),
    Reason.RENEWAL_TOO_EARLY: (Code.FAILED_PRECONDITION, PreconditionFailed),
    Reason.PUBLIC_ACCOUNT_NOT_LIVE: (Code.FAILED_PRECONDITION, PreconditionFailed),
    Reason.SANCTION_OPEN: (Code.FAILED_PRECONDITION, PreconditionFailed),
    Reason.NARROWING_NOT_DUE: (Code.FAILED_PRECONDITION, PreconditionFailed),
    Reason.OPERATOR_NOT_ELIGIBLE: (Code.FAILED_PRECONDITION, PreconditionFailed),
    Reason.OWNER_NOT_ELIGIBLE: (Code.FAILED_PRECONDITION, PreconditionFailed),
    Reason.KIND_DIFFERS: (Code.FAILED_PRECONDITION, PreconditionFailed),
    Reason.TRANSFER_NOT_OFFERED: (Code.FAILED_PRECONDITION, PreconditionFailed),
    Reason.CONTACT_NOT_PROVED: (Code.FAILED_PRECONDITION, PreconditionFailed),
    Reason.ASSIGNEE_CHANGED: (Code.FAILED_PRECONDITION, PreconditionFailed),
    Reason.ILLEGAL_TRANSITION: (Code.FAILED_PRECONDITION, PreconditionFailed),
    Reason.RECORD_DAMAGED: (Code.DATA_LOSS, RecordDamaged),
    Reason.LOG_UNAVAILABLE: (Code.UNAVAILABLE, Unavailable),
    Reason.PROVIDER_UNAVAILABLE: (Code.UNAVAILABLE, Unavailable),
    Reason.STORE_UNAVAILABLE: (Code.UNAVAILABLE, Unavailable),
    Reason.SLOW_CONSUMER: (Code.RESOURCE_EXHAUSTED, Exhausted),
    Reason.STREAM_ENDED: (Code.UNAVAILABLE, Unavailable),
}


async def refused(ask: AskClient) -> VaultError:
    """Return the error of a call that is refused."""
    with pytest.raises(VaultError) as caught:
        await ask("get_verification", REQUEST_ID)
    return caught.value


async def test_each_reason_has_its_exception(ask: AskClient, server: VaultServer) -> None:
    """Every published reason raises its type, with the code in docs/reasons.md."""
    assert set(EXPECTED) == set(Reason) == set(errors.BY_REASON)
    for reason, (code, kind) in EXPECTED.items():
        server.outcomes = [Refuse(code, reason)]
        error = await refused(ask)
        assert type(error) is kind
        assert (error.reason, error.code, error.request_id) == (reason, code.name, REQUEST_ID)
        assert kind.usual_code == code.name
        assert error.text("zh") == reasons.REASON_TEXTS[reason].in_language("zh")


async def test_a_refused_code_is_explained(ask: AskClient, server: VaultServer) -> None:
    """Cause, tries left and the end of a lock are read; what is malformed is ignored."""
    good = {"cause": "CODE_WRONG", "tries_left": "7", "locked_until": "2026-03-01T04:15:00+00:00"}
    bad = {"cause": "张三", "tries_left": "-1", "locked_until": "2026-02-30T04:15:00+00:00"}
    found = []
    for metadata in (good, bad, {}):
        server.outcomes = [Refuse(Code.PERMISSION_DENIED, Reason.SECOND_FACTOR_REFUSED, metadata=metadata)]
        error = await refused(ask)
        assert isinstance(error, errors.SecondFactorRefused)
        found.append((error.cause, error.tries_left, error.locked_until))
    assert found == [("CODE_WRONG", 7, datetime(2026, 3, 1, 4, 15, tzinfo=UTC)), *[("", None, None)] * 2]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (Code.INVALID_ARGUMENT, InvalidFields),
        (Code.RESOURCE_EXHAUSTED, Exhausted),
        (Code.UNAUTHENTICATED, AccessDenied),
        (Code.ABORTED, Unavailable),
        (Code.DEADLINE_EXCEEDED, DeadlineExceeded),
        (Code.UNIMPLEMENTED, VaultError),
        (Code.INTERNAL, VaultError),
    ],
)
async def test_codes_without_details(
    ask: AskClient, server: VaultServer, code: grpc.StatusCode, kind: type[VaultError]
) -> None:
    """A status without an idvault reason is raised by its code, with a general text."""
    server.outcomes = [Refuse(code)]
    error = await refused(ask)
    assert type(error) is kind
    assert (error.reason, error.code) == (None, code.name)
    assert error.text("en") == reasons.UNKNOWN.in_language("en")


async def test_reason_of_a_newer_server(ask: AskClient, server: VaultServer) -> None:
    """An unknown reason is kept and raised by its code."""
    server.outcomes = [Refuse(Code.FAILED_PRECONDITION, "SOMETHING_NEW")]
    error = await refused(ask)
    assert type(error) is PreconditionFailed
    assert error.reason == "SOMETHING_NEW"
    assert error.text("zh") == reasons.UNKNOWN.in_language("zh")


async def test_reason_of_another_domain(ask: AskClient, server: VaultServer) -> None:
    """A reason of another domain is ignored."""
    server.outcomes = [Refuse(Code.PERMISSION_DENIED, "ACCESS_DENIED", domain="proxy.example")]
    assert (await refused(ask)).reason is None


async def test_wrong_fields(ask: AskClient, server: VaultServer) -> None:
    """Wrong fields are a mapping to codes, and have a text for the form in both languages."""
    fields = [("real_name", "LENGTH"), ("document.number", "CHECK_DIGIT"), ("document.number!", "LENGTH")]
    server.outcomes = [Refuse(Code.INVALID_ARGUMENT, "INVALID_NAME", fields)]
    error = await refused(ask)
    assert isinstance(error, InvalidFields)
    assert dict(error) == {"real_name": "LENGTH", "document.number": "CHECK_DIGIT"}
    assert error["document.number"] == "CHECK_DIGIT"
    assert error.get("document.type") is None
    assert "real_name" in error
    assert list(error) == list(error.keys()) == ["real_name", "document.number"]
    assert dict(error.items()) == dict(error)
    assert len(error) == 2
    assert error.texts("zh") == {
        "real_name": "长度不正确，请检查是否多填或漏填。",
        "document.number": "号码有误，校验位不符，请逐位核对。",
    }
    assert set(error.texts("en-GB")) == set(error)
    assert "document.number CHECK_DIGIT" in str(error)


async def test_wrong_field_that_nobody_typed(ask: AskClient, server: VaultServer) -> None:
    """For a field filled by the backend the reason's text is shown."""
    server.outcomes = [
        Refuse(Code.INVALID_ARGUMENT, "CONSENT_MISSING", [("consent.policy_version", "REQUIRED")])
    ]
    error = await refused(ask)
    assert isinstance(error, InvalidFields)
    assert error.texts("zh") == {
        "consent.policy_version": reasons.REASON_TEXTS[Reason.CONSENT_MISSING].in_language("zh")
    }


async def test_wrong_message_without_fields(ask: AskClient, server: VaultServer) -> None:
    """A refusal of the whole form has a correct text."""
    server.outcomes = [Refuse(Code.INVALID_ARGUMENT, "INVALID_MESSAGE")]
    error = await refused(ask)
    assert isinstance(error, InvalidFields)
    assert error.texts("en") == {"": reasons.REASON_TEXTS[Reason.INVALID_MESSAGE].in_language("en")}
    assert bool(error)


async def test_retry_after(ask: AskClient, server: VaultServer) -> None:
    """A limit says how long to wait."""
    server.outcomes = [
        Refuse(Code.RESOURCE_EXHAUSTED, "TOO_MANY_ATTEMPTS", retry_after=timedelta(minutes=20))
    ]
    error = await refused(ask)
    assert error.retry_after == timedelta(minutes=20)
    assert "again after 1200 s" in str(error)


@pytest.mark.parametrize(
    "details",
    [
        b"\xff\xff\xff",
        Refuse(Code.NOT_FOUND, "ACCOUNT_NOT_FOUND").status().SerializeToString(),
        Refuse(Code.PERMISSION_DENIED, "ACCESS_DENIED", text="other words").status().SerializeToString(),
    ],
)
async def test_details_that_contradict(ask: AskClient, server: VaultServer, details: bytes) -> None:
    """Details that do not parse or contradict the status are ignored."""
    server.outcomes = [Trailers(Code.PERMISSION_DENIED, details)]
    error = await refused(ask)
    assert type(error) is AccessDenied
    assert error.reason is None


async def test_broken_detail(ask: AskClient, server: VaultServer) -> None:
    """A detail that does not parse is ignored."""
    status = Refuse(Code.PERMISSION_DENIED, "ACCESS_DENIED").status()
    status.details[0].value = b"\xff\xff"
    server.outcomes = [Trailers(Code.PERMISSION_DENIED, status.SerializeToString())]
    assert (await refused(ask)).reason is None


def test_errors_travel_between_processes() -> None:
    """Errors can be pickled, as task queues and test runners do."""
    error = InvalidFields("INVALID_NAME", "INVALID_ARGUMENT", fields={"real_name": "LENGTH"}, request_id="r")
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert type(copy) is InvalidFields
    assert (str(copy), copy.fields, copy.__dict__) == (str(error), error.fields, error.__dict__)
    assert repr(copy) == "InvalidFields('INVALID_NAME (INVALID_ARGUMENT); real_name LENGTH; request r')"


@pytest.mark.parametrize(
    "told", ["1b4e28ba-2fa1-41d2-883f-0016d3cca427", "no id", "1B4E28BA-2FA1-41D2-883F-0016D3CCA427"]
)
async def test_the_error_of_a_read_has_the_id_of_the_log(
    ask: AskClient, server: VaultServer, told: str
) -> None:
    """A call without a request id has the one that the vault tells, if it is well-formed."""
    server.outcomes = [Refuse(Code.NOT_FOUND, "ACCOUNT_NOT_FOUND", error_id=told)]
    with pytest.raises(NotFound) as caught:
        await ask("get_status", "0" * 26)
    good = told.startswith("1b")
    assert caught.value.request_id == caught.value.error_id == (told if good else None)
    assert (f"request {told}" in str(caught.value)) is good


async def test_a_request_id_of_the_caller_stays(ask: AskClient, server: VaultServer) -> None:
    """Whatever a server says, the id of a mutation is the one with which it is repeated.

    A refusal before the message was read has another id in the log: it is kept beside it, and shown.
    """
    told = "1b4e28ba-2fa1-41d2-883f-0016d3cca427"
    server.outcomes = [Refuse(Code.PERMISSION_DENIED, "ACCESS_DENIED", error_id=told)]
    error = await refused(ask)
    assert (error.request_id, error.error_id) == (REQUEST_ID, told)
    assert f"; request {REQUEST_ID}; in the vault's log {told}; " in str(error)
    server.outcomes = [Refuse(Code.NOT_FOUND, "REQUEST_NOT_FOUND", error_id=REQUEST_ID)]
    assert str(await refused(ask)).endswith(f"; request {REQUEST_ID}")
