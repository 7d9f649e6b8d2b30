"""VerificationService over a real channel: requests, answers and refusals."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from idvault.claim.rules import Claim
from idvault.core.edge import repetition
from idvault_verify.account import AccountState
from idvault_verify.claim import ClaimState, FailureReason
from idvault_verify.document import Document, DocumentType
from idvault_verify.v1 import common_pb2, disclosure_pb2, transparency_pb2, verification_pb2
from tools.support.edge import (
    GET_VERIFICATION,
    NAME,
    NUMBER,
    REQUEST_ID,
    TOKEN,
    VERIFY,
    Edge,
    account,
    call,
    clock,
    refused,
    requests,
    succeeded,
    verify_request,
)

Verification = verification_pb2.Verification


async def verify(edge: Edge, claim: Claim | None = None) -> verification_pb2.Verification:
    async def happens() -> Claim:
        return claim or succeeded()

    edge.claims.happens = happens
    return Verification.FromString(await call(edge.mine(), VERIFY, requests()[VERIFY].SerializeToString()))


async def test_a_success(edge: Edge) -> None:
    """The whole answer of a successful claim is checked."""
    assert await verify(edge) == Verification(
        account_token=TOKEN,
        state=Verification.STATE_SUCCEEDED,
        request_id=REQUEST_ID,
        status=common_pb2.AccountStatus(
            account_token=TOKEN,
            subject_kind=common_pb2.SUBJECT_KIND_INDIVIDUAL,
            state=common_pb2.AccountStatus.STATE_VERIFIED,
            standing=common_pb2.AccountStatus.STANDING_GOOD,
            assurance=common_pb2.AccountStatus.ASSURANCE_REGISTRY_MATCH,
            assurances=[common_pb2.AccountStatus.ASSURANCE_REGISTRY_MATCH],
            verify_date="2026-03-01",
            expire_date="2027-03-01",
            revision=2,
        ),
        receipt=verification_pb2.Receipt(
            account_token=TOKEN,
            claim_id="11" * 16,
            record_digest=b"d" * 32,
            quorum="2 of 3",
            entry=disclosure_pb2.LoggedEntry(
                leaf=b"leaf",
                opening_key=b"k" * 32,
                proof=transparency_pb2.InclusionProof(index=0, tree_size=1),
            ),
            checkpoint=transparency_pb2.Checkpoint(note=b"note"),
        ),
    )


async def test_a_failure(edge: Edge) -> None:
    """Each failure reason is returned by its name, with the current status."""
    rejected = replace(account(state=AccountState.REJECTED), verify_date=None, expire_date=None)
    for reason in FailureReason:
        answer = await verify(edge, Claim(REQUEST_ID, "11" * 16, ClaimState.FAILED, reason, rejected))
        assert answer.state == Verification.STATE_FAILED
        assert Verification.FailureReason.Name(answer.failure_reason) == f"FAILURE_REASON_{reason}"
        assert answer.status.state == common_pb2.AccountStatus.STATE_REJECTED
        assert (answer.status.verify_date, answer.status.expire_date) == ("", "")
        assert not answer.HasField("retry_after")


@pytest.mark.parametrize(("wait", "low", "high"), [(30, 28, 30), (-5, 1, 1), (None, 1, 1)])
async def test_a_pending_claim(edge: Edge, wait: int | None, low: int, high: int) -> None:
    """For a waiting claim, the answer says when to ask again: after at least a second."""
    retry_at = None if wait is None else clock().real + timedelta(seconds=wait)
    pending = account(state=AccountState.PENDING)
    answer = await verify(edge, Claim(REQUEST_ID, "11" * 16, ClaimState.PENDING, None, pending, retry_at))
    assert answer.state == Verification.STATE_PENDING
    assert low <= answer.retry_after.ToTimedelta().total_seconds() <= high
    assert answer.failure_reason == Verification.FAILURE_REASON_UNSPECIFIED


async def test_a_command(edge: Edge) -> None:
    """The flow gets the normalised request; the fingerprint's content is as received, without agree_time."""
    request = verify_request(account_token=TOKEN)
    request.document.number = NUMBER.lower()
    request.consent.agree_time.nanos = 5
    await call(edge.mine(), VERIFY, request.SerializeToString())
    [command] = edge.claims.commands
    assert (command.request_id, command.method, command.account_token) == (
        REQUEST_ID,
        "VerifyIndividual",
        TOKEN,
    )
    assert command.named.document == Document(DocumentType.RESIDENT_ID, NUMBER)
    assert command.named.name == NAME
    assert command.consent.policy_version == "terms-3"
    request.consent.ClearField("agree_time")
    assert command.content == repetition.content(request)
    assert NAME not in repr(command)
    assert NUMBER not in repr(command).upper()


async def test_a_sign_up_has_no_token(edge: Edge) -> None:
    """An empty token is a sign-up."""
    await call(edge.mine(), VERIFY, requests()[VERIFY].SerializeToString())
    assert edge.claims.commands[0].account_token is None


def _with(**changes: Any) -> verification_pb2.VerifyIndividualRequest:
    request = verify_request()
    for path, value in changes.items():
        holder, _, name = path.partition("__")
        if not name:
            setattr(request, holder, value)
        elif value is None:
            getattr(request, holder).ClearField(name)
        elif name == "agree_time":
            request.consent.agree_time.FromNanoseconds(value)
        else:
            setattr(getattr(request, holder), name, value)
    return request


_FAR_FUTURE = 4_102_444_800 * 10**9


async def test_what_is_refused(edge: Edge) -> None:
    """The error names every invalid field with its code, without the value; the flow is not called.

    What else is invalid, and by which code, is proven in tests/domain.
    """
    channel = edge.mine()
    cases: list[tuple[dict[str, Any], str, dict[str, str]]] = [
        ({"request_id": "1"}, "INVALID_REQUEST_ID", {"request_id": "LENGTH"}),
        ({"real_name": "某" * 33}, "INVALID_NAME", {"real_name": "LENGTH"}),
        ({"document__type": 0}, "UNSUPPORTED_DOCUMENT", {"document.type": "REQUIRED"}),
        ({"document__type": 4}, "UNSUPPORTED_DOCUMENT", {"document.type": "CHARACTER"}),
        ({"document__type": 99}, "UNSUPPORTED_DOCUMENT", {"document.type": "CHARACTER"}),
        (
            {"document__number": "110105194912310021"},
            "INVALID_DOCUMENT_NUMBER",
            {"document.number": "CHECK_DIGIT"},
        ),
        ({"consent__agree_time": None}, "CONSENT_MISSING", {"consent.agree_time": "REQUIRED"}),
        ({"consent__agree_time": _FAR_FUTURE}, "CONSENT_MISSING", {"consent.agree_time": "FUTURE_DATE"}),
        (
            {"request_id": "", "real_name": "", "consent__policy_version": "", "account_token": "acct_1"},
            "INVALID_REQUEST_ID",
            {
                "request_id": "REQUIRED",
                "real_name": "REQUIRED",
                "consent.policy_version": "REQUIRED",
                "account_token": "LENGTH",
            },
        ),
    ]
    for changes, reason, fields in cases:
        told = await refused(channel, VERIFY, _with(**changes).SerializeToString())
        assert (told.reason, told.fields) == (reason, fields)
    assert not edge.claims.commands


async def test_a_time_that_is_none(edge: Edge) -> None:
    """A timestamp outside its limits is an invalid field, not a server error."""
    channel = edge.mine()
    for seconds, nanos in ((2**63 - 1, 0), (-(2**63), 0), (0, -1), (0, 10**9)):
        request = verify_request()
        request.consent.agree_time.seconds = seconds
        request.consent.agree_time.nanos = nanos
        told = await refused(channel, VERIFY, request.SerializeToString())
        assert told.fields == {"consent.agree_time": "CHARACTER"}


async def test_reading_a_claim(edge: Edge) -> None:
    """A known request returns its claim, an unknown one NOT_FOUND, a malformed id INVALID_ARGUMENT."""
    channel = edge.mine()
    answer = Verification.FromString(
        await call(channel, GET_VERIFICATION, requests()[GET_VERIFICATION].SerializeToString())
    )
    assert (answer.request_id, answer.state) == (REQUEST_ID, Verification.STATE_SUCCEEDED)
    unknown = verification_pb2.GetVerificationRequest(request_id=REQUEST_ID[:-1] + "2")
    told = await refused(channel, GET_VERIFICATION, unknown.SerializeToString())
    assert told.reason == "REQUEST_NOT_FOUND"
    assert (await refused(channel, GET_VERIFICATION, b"")).fields == {"request_id": "REQUIRED"}
