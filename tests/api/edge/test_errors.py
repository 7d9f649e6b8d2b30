"""Every exception becomes an error with fixed words."""

import asyncio
import gc
from datetime import timedelta
from uuid import UUID

import grpc
import pytest
from grpc_health.v1.health_pb2 import HealthCheckRequest

from idvault.claim.rules import Claim
from idvault.core.edge import errors
from idvault.core.edge.call import Call
from idvault_verify import error as kinds
from idvault_verify.error import FieldCode, Reason, Violation
from tests.support.cancelled_call import cancel_a_call
from tests.telemetry.test_metrics import scrape
from tools.support.authority import spiffe
from tools.support.edge import (
    GET_STATUS,
    GET_VERIFICATION,
    NAME,
    NUMBER,
    VERIFY,
    Edge,
    call,
    refused,
    requests,
    unknown_request,
    verify_request,
)

Code = grpc.StatusCode
ID = "0" * 8 + "-0000-4000-8000-" + "0" * 12


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (kinds.InvalidError(Reason.INVALID_NAME), Code.INVALID_ARGUMENT),
        (kinds.NotFoundError(Reason.ACCOUNT_NOT_FOUND), Code.NOT_FOUND),
        (kinds.AlreadyExistsError(Reason.REQUEST_ID_REUSED), Code.ALREADY_EXISTS),
        (
            kinds.ExhaustedError(Reason.TOO_MANY_ATTEMPTS, retry_after=timedelta(minutes=5)),
            Code.RESOURCE_EXHAUSTED,
        ),
        (kinds.DeniedError(Reason.ACCESS_DENIED), Code.PERMISSION_DENIED),
        (kinds.PreconditionError(Reason.ACCOUNT_CLOSED), Code.FAILED_PRECONDITION),
        (kinds.UnavailableError(Reason.LOG_UNAVAILABLE), Code.UNAVAILABLE),
        (kinds.DamagedError(Reason.RECORD_DAMAGED), Code.DATA_LOSS),
    ],
)
async def test_refusals(edge: Edge, error: kinds.IdvaultError, code: grpc.StatusCode) -> None:
    """Each kind of refusal has its code, reason and retry time, if any."""

    async def happens() -> Claim:
        raise error

    edge.claims.happens = happens
    told = await refused(edge.mine(), VERIFY, requests()[VERIFY].SerializeToString())
    assert (told.code, told.reason) == (code, error.reason.value)
    assert told.retry == (300.0 if isinstance(error, kinds.ExhaustedError) else None)


def test_a_refined_error_keeps_its_kind() -> None:
    """A subclass of a kind of error is converted like that kind."""

    class NameTooLongError(kinds.InvalidError):
        """Raise the error of a name that is too long."""

    told = errors.refusal(
        NameTooLongError(Reason.INVALID_NAME, Violation("real_name", FieldCode.LENGTH)), request=ID
    )
    assert (told.code, told.foreseen) == (Code.INVALID_ARGUMENT, True)


@pytest.mark.parametrize(
    "error", [kinds.IdvaultError(Reason.ACCESS_DENIED), RuntimeError(), RecursionError()]
)
def test_what_nobody_foresaw(error: Exception) -> None:
    """An error of unknown kind is reported as a fault of the service."""
    told = errors.refusal(error, request=ID)
    assert (told.code, told.reason, told.foreseen) == (Code.UNAVAILABLE, Reason.STORE_UNAVAILABLE, False)


async def test_trailers_stay_small(edge: Edge) -> None:
    """Of a thousand violations the first twenty reach the caller."""

    async def happens() -> Claim:
        raise kinds.InvalidError(
            Reason.INVALID_ACCOUNT_TOKEN,
            *(Violation(f"account_tokens[{index}]", FieldCode.LENGTH) for index in range(1_000)),
        )

    edge.claims.happens = happens
    told = await refused(edge.mine(), GET_VERIFICATION, requests()[GET_VERIFICATION].SerializeToString())
    assert told.reason == "INVALID_ACCOUNT_TOKEN"
    assert len(told.fields) == 20


async def test_no_name_gets_out(edge: Edge, capfd: pytest.CaptureFixture[str]) -> None:
    """No trailer, metric or log line contains name or number, however a call fails."""

    async def happens() -> Claim:
        try:
            raise KeyError(NAME)
        except KeyError as error:
            raise RuntimeError(f"cannot bind {NAME!r}, {NUMBER!r}") from error

    channel = edge.mine()
    edge.logs.install()
    told = []
    edge.claims.happens = happens
    told.append(await refused(channel, VERIFY, requests()[VERIFY].SerializeToString()))
    broken = [{"real_name": NAME * 40}, {"account_token": NAME}, {"request_id": NUMBER}]
    for changes in broken:
        told.append(await refused(channel, VERIFY, verify_request(**changes).SerializeToString()))
    assert [one.reason for one in told] == [
        "STORE_UNAVAILABLE",
        "INVALID_NAME",
        "INVALID_ACCOUNT_TOKEN",
        "INVALID_REQUEST_ID",
    ]
    lines = edge.log_lines()
    [line] = [line for line in lines if line["event"] == "rpc_unforeseen"]
    assert line["error"] == "RuntimeError<-KeyError"
    seen = "".join(one.raw for one in told) + str(lines) + str(capfd.readouterr())
    seen += await asyncio.to_thread(scrape, edge.metrics)
    assert NAME not in seen
    assert NUMBER not in seen
    assert NAME.encode("unicode_escape").decode() not in seen


async def test_a_cancelled_call_is_counted(edge: Edge) -> None:
    """A call cancelled by its caller is counted as CANCELLED."""
    await cancel_a_call(edge)
    [line] = edge.log_lines()
    assert line["code"] == "CANCELLED"


async def test_calls_are_counted_by_method_and_code(edge: Edge) -> None:
    """Metrics and access log agree on the answers."""
    channel = edge.mine()
    await refused(channel, GET_STATUS, b"")
    text = await asyncio.to_thread(scrape, edge.metrics)
    assert f'idvault_rpc_total{{code="INVALID_ARGUMENT",method="{GET_STATUS}"}} 1.0' in text
    [line] = edge.log_lines()
    shown = {name: line[name] for name in ("event", "method", "code", "caller")}
    assert shown == {
        "event": "rpc",
        "method": GET_STATUS,
        "code": "INVALID_ARGUMENT",
        "caller": "platform-a",
    }


async def test_an_error_has_its_request_id_for_both_sides(
    edge: Edge,
) -> None:
    """The caller and every line of the log about a failed call have the request id of its message."""

    async def happens() -> Claim:
        raise RuntimeError("unforeseen")

    edge.claims.happens = happens
    edge.logs.install()
    request = requests()[VERIFY]
    told = await refused(edge.mine(), VERIFY, request.SerializeToString())
    assert told.error_id == getattr(request, "request_id")  # noqa: B009 - a Message has it by its type alone
    lines = {line["event"]: line for line in edge.log_lines()}
    assert lines["rpc"]["request"] == lines["rpc_unforeseen"]["request"] == told.error_id


async def test_an_error_without_a_request_id_gets_one(edge: Edge) -> None:
    """A read, a wrong id, an undecodable message, and an unknown caller: each error has an id of its own.

    What an unknown caller sends is not read, so not even its request id is the error's.
    """
    nobody = edge.channel(edge.authority.client(spiffe("platform", "nobody")))
    bodies = [
        (edge.mine(), GET_STATUS, b""),
        (edge.mine(), VERIFY, verify_request(request_id=NUMBER).SerializeToString()),
        (edge.mine(), VERIFY, b"\xff"),
        (nobody, GET_STATUS, b""),
        (nobody, VERIFY, requests()[VERIFY].SerializeToString()),
    ]
    told = [await refused(channel, method, body) for channel, method, body in bodies]
    ids = [each.error_id for each in told]
    assert len({*ids, getattr(requests()[VERIFY], "request_id")}) == len(ids) + 1  # noqa: B009 - as above
    assert [str(UUID(each)) for each in ids] == ids
    assert [line["request"] for line in edge.log_lines()] == ids


async def test_a_call_that_succeeds_has_no_id_in_the_log(edge: Edge) -> None:
    """Only errors are looked up; a line of a success is as short as before."""
    await call(edge.mine(), GET_STATUS, requests()[GET_STATUS].SerializeToString())
    [line] = edge.log_lines()
    assert "request" not in line


@pytest.mark.parametrize("kind", ["unknown", "fields", "role", "unforeseen", "health"])
async def test_a_refused_call_leaves_nothing_to_the_collector(edge: Edge, kind: str) -> None:
    """A call holds its message and memory of gRPC, and full collections of a busy process are rare."""
    edge.claims.happens = None if kind == "fields" else _breaks if kind == "unforeseen" else unknown_request
    channel = edge.mine() if kind != "role" else edge.channel(edge.authority.client(spiffe("auditor", "a")))
    asked = verify_request(real_name="") if kind == "fields" else requests()[VERIFY]
    path, body = VERIFY, asked.SerializeToString()
    if kind == "health":
        path, body = "/grpc.health.v1.Health/Check", HealthCheckRequest(service="none").SerializeToString()
    before = {id(each) for each in _calls()}
    gc.disable()
    try:
        for _ in range(5):
            with pytest.raises(grpc.aio.AioRpcError):
                await call(channel, path, body)
        async with asyncio.timeout(30):
            while any(id(each) not in before for each in _calls()):  # noqa: ASYNC110 - no event tells it
                await asyncio.sleep(0.01)
    finally:
        gc.enable()


def _calls() -> list[Call]:
    """Return all calls that are not gone; earlier tests may have left some."""
    return [thing for thing in gc.get_objects() if type(thing) is Call]


async def _breaks() -> Claim:
    raise RuntimeError
