"""Invalid bytes and unusual messages get only documented statuses."""

import grpc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idvault_verify.v1 import common_pb2, status_pb2, verification_pb2
from tools.support.edge import METHODS, VERIFY, Edge, call, refused, requests, told

# `scripts/torture fuzz` sends many more.
_FOR_ONE_EDGE = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
BOUNDED = settings(max_examples=20, suppress_health_check=_FOR_ONE_EDGE)
OF_ALL = settings(max_examples=200, suppress_health_check=_FOR_ONE_EDGE)
# Another request of the test may have had the id before.
CODES = (
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.ALREADY_EXISTS,
)
REASONS = {
    "INVALID_MESSAGE",
    "INVALID_REQUEST_ID",
    "INVALID_NAME",
    "INVALID_DOCUMENT_NUMBER",
    "UNSUPPORTED_DOCUMENT",
    "CONSENT_MISSING",
    "INVALID_ACCOUNT_TOKEN",
    "ACCOUNT_NOT_FOUND",
    "REQUEST_NOT_FOUND",
    "TOO_MANY_ITEMS",
    "REQUEST_ID_REUSED",
}


async def check(channel: grpc.aio.Channel, path: str, body: bytes) -> None:
    """Send bytes; the answer must be OK or one of the method's documented refusals."""
    try:
        await call(channel, path, body)
    except grpc.aio.AioRpcError as error:
        refusal = told(error)
        assert refusal.code in CODES
        assert refusal.reason in REASONS


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"\x0a\xff", id="cut off"),
        pytest.param(b"\x0a\x02\xff\xfe", id="not UTF-8"),
        pytest.param(b"\x0a\x03\xed\xa0\x80", id="a surrogate"),
        pytest.param(b"\x07", id="no such wire type"),
        pytest.param(b"\x1b" * 200, id="groups in groups"),
        pytest.param(b"\xff" * 11, id="an endless number"),
    ],
)
async def test_what_is_no_message(edge: Edge, body: bytes) -> None:
    """Undecodable bytes are INVALID_ARGUMENT, never INTERNAL or UNKNOWN, and no error is logged."""
    channel = edge.mine()
    for path in METHODS:
        refusal = await refused(channel, path, body)
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_MESSAGE")
    assert [line["event"] for line in edge.log_lines()] == ["rpc"] * len(METHODS)


@OF_ALL
@given(path=st.sampled_from(METHODS), body=st.binary(max_size=200))
async def test_random_bytes(edge: Edge, path: str, body: bytes) -> None:
    """Random bytes get documented refusals only."""
    await check(edge.mine() if not edge.channels else edge.channels[0], path, body)


@OF_ALL
@given(path=st.sampled_from(METHODS), data=st.data())
async def test_damaged_requests(edge: Edge, path: str, data: st.DataObject) -> None:
    """A valid request with some changed bytes gets OK or a documented refusal."""
    body = bytearray(requests()[path].SerializeToString())
    for position, value in data.draw(
        st.lists(st.tuples(st.integers(0, len(body) - 1), st.integers(0, 255)), min_size=1, max_size=4)
    ):
        body[position] = value
    await check(edge.mine() if not edge.channels else edge.channels[0], path, bytes(body))


# Any text that UTF-8 can encode.
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)
int64 = st.integers(-(2**63), 2**63 - 1)
int32 = st.integers(-(2**31), 2**31 - 1)


@BOUNDED
@given(words=st.tuples(text, text, text, text, text), kind=int32, seconds=int64, nanos=int32)
async def test_arbitrary_claims(
    edge: Edge, words: tuple[str, str, str, str, str], kind: int, seconds: int, nanos: int
) -> None:
    """Well-formed messages with arbitrary values get documented refusals."""
    request = verification_pb2.VerifyIndividualRequest(
        request_id=words[0],
        real_name=words[1],
        document=common_pb2.IdentityDocument(
            type=kind,  # type: ignore[arg-type]
            number=words[2],
        ),
        consent=common_pb2.Consent(policy_version=words[3]),
        account_token=words[4],
    )
    request.consent.agree_time.seconds = seconds
    request.consent.agree_time.nanos = nanos
    channel = edge.mine() if not edge.channels else edge.channels[0]
    assert (await refused(channel, VERIFY, request.SerializeToString())).reason in REASONS


@BOUNDED
@given(tokens=st.lists(text, max_size=20))
async def test_arbitrary_tokens(edge: Edge, tokens: list[str]) -> None:
    """Arbitrary tokens, alone and in lists, get documented refusals."""
    channel = edge.mine() if not edge.channels else edge.channels[0]
    batch = status_pb2.BatchGetStatusesRequest(account_tokens=tokens).SerializeToString()
    await check(channel, "/idvault.v1.StatusService/BatchGetStatuses", batch)
    for token in tokens[:3]:
        one = status_pb2.GetStatusRequest(account_token=token).SerializeToString()
        await check(channel, "/idvault.v1.StatusService/GetStatus", one)
