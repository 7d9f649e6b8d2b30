"""A call is a span with its method, code and role; nothing of the call or its caller is in it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from idvault.claim.rules import Claim
from idvault.core.edge import stages
from tests.support.cancelled_call import cancel_a_call
from tests.support.spans import Spans
from tools.support.authority import Authority, spiffe
from tools.support.edge import (
    GET_STATUS,
    NAME,
    NUMBER,
    TOKEN,
    VERIFY,
    Edge,
    call,
    refused,
    requests,
    running,
    succeeded,
    verify_request,
)


@pytest.fixture
def spans() -> Spans:
    return Spans()


@pytest.fixture
async def traced(tmp_path: Path, authority: Authority, spans: Spans) -> AsyncIterator[Edge]:
    """Serve an edge that records every call."""
    async with running(tmp_path, authority, traces=spans.traces) as edge:
        yield edge


async def test_a_call(traced: Edge, spans: Spans) -> None:
    """Its span has the method, the code and the role, and what happens in it is below it."""

    async def happens() -> Claim:
        spans.traces.done("act open", seconds=0.01)
        return succeeded()

    traced.claims.happens = happens
    await call(traced.mine(), VERIFY, requests()[VERIFY].SerializeToString())
    act, span = spans.all()
    service, method = VERIFY[1:].split("/")
    assert span["name"] == VERIFY[1:]
    assert span["attributes"] == {
        "rpc.service": service, "rpc.method": method, "idvault.code": "OK", "idvault.role": "platform"
    }  # fmt: skip
    assert act["parent_id"] == span["context"]["span_id"]


async def test_nothing_of_a_call_is_in_its_span(traced: Edge, spans: Spans) -> None:
    """However a call fails: no name, number, token, caller or text of an exception, but the error's id."""

    async def happens() -> Claim:
        try:
            raise KeyError(NAME)
        except KeyError as error:
            raise RuntimeError(f"cannot bind {NAME!r}, {NUMBER!r} of {TOKEN}") from error

    traced.claims.happens = happens
    channel = traced.mine()
    told = [await refused(channel, VERIFY, requests()[VERIFY].SerializeToString())]
    for changes in ({"real_name": NAME * 40}, {"account_token": NAME}, {"request_id": NUMBER}):
        told.append(await refused(channel, VERIFY, verify_request(**changes).SerializeToString()))
    told.append(await refused(channel, GET_STATUS, NAME.encode() * 3))
    stranger = traced.channel(traced.authority.client(spiffe("platform", "nobody")))
    told.append(await refused(stranger, GET_STATUS, b""))
    found = spans.all()
    assert [span["attributes"]["idvault.error_id"] for span in found] == [each.error_id for each in told]
    assert [span["attributes"]["idvault.code"] for span in found] == [each.code.name for each in told]
    assert [span["status"]["status_code"] for span in found] == ["ERROR", *["UNSET"] * 5]
    assert [span["attributes"]["idvault.role"] for span in found] == [*["platform"] * 5, "none"]
    text = str(found)
    for canary in (
        NAME,
        NAME.encode("unicode_escape").decode(),
        NUMBER,
        TOKEN,
        "platform-a",
        "nobody",
        "bind",
    ):
        assert canary not in text


async def test_a_cancelled_call(traced: Edge, spans: Spans) -> None:
    """A call that its caller gives up is recorded as that."""
    await cancel_a_call(traced)
    [span] = spans.all()
    assert span["attributes"]["idvault.code"] == "CANCELLED"


async def test_without_traces_no_stage_is_added(
    tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An edge that records nothing has no stage for it: it costs nothing."""
    monkeypatch.setattr(stages, "trace", None)
    async with running(tmp_path, authority) as edge:
        assert await call(edge.mine(), GET_STATUS, requests()[GET_STATUS].SerializeToString())
