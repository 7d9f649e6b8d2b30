"""Limits of a call: request size, time, and concurrent calls."""

import asyncio
from itertools import islice
from pathlib import Path

import grpc
import pytest

from idvault.claim.rules import Claim
from idvault.core.edge import limits
from idvault.core.edge.call import Call, Caller, EdgeMethod
from idvault.core.edge.limits import LARGER_REQUEST_BYTES, REQUEST_BYTES
from idvault.core.edge.timer import Timer
from idvault_verify.error import InvalidError, Reason, UnavailableError
from idvault_verify.v1 import status_pb2
from tools.support import campaign_edge
from tools.support.authority import Authority, spiffe
from tools.support.edge import (
    GET_STATUS,
    GET_VERIFICATION,
    METHODS,
    VERIFY,
    Edge,
    call,
    clock,
    platform,
    refused,
    requests,
    running,
    succeeded,
)

# Field 1000, which is unknown to every message, length-delimited.
_UNKNOWN_FIELD = b"\xc2\x3e"
METHOD = EdgeMethod(GET_VERIFICATION, frozenset({"platform"}), status_pb2.GetStatusRequest, REQUEST_BYTES)


def padded(path: str, size: int) -> bytes:
    """Return a valid request, padded to a size with an unknown field."""
    body = requests()[path].SerializeToString()
    rest = size - len(body) - len(_UNKNOWN_FIELD) - 3
    length = bytes([rest & 0x7F | 0x80, rest >> 7 & 0x7F | 0x80, rest >> 14])
    return body + _UNKNOWN_FIELD + length + b"\0" * rest


UNKNOWN = (*campaign_edge.OF_ONE_CAMPAIGN, campaign_edge.OFFER)


async def test_large_requests(edge: Edge) -> None:
    """64 KiB are accepted (unknown fields are ignored); one byte more is refused before decoding."""
    channel = edge.mine()
    for path in (each for each in METHODS if each not in LARGER_REQUEST_BYTES):
        body = padded(path, REQUEST_BYTES)
        assert len(body) == REQUEST_BYTES
        if path in UNKNOWN:  # of what nobody has made: the method answers
            assert (await refused(channel, path, body)).code is grpc.StatusCode.NOT_FOUND
        else:
            await call(channel, path, body)
        told = await refused(channel, path, padded(path, REQUEST_BYTES + 1))
        assert (told.code, told.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_MESSAGE"), path


async def test_an_import_takes_more(edge: Edge) -> None:
    """The limit of an import is that of the server, so one byte more never reaches our code."""
    path = "/idvault.v1.CampaignService/ImportLegacyAccounts"
    limit = LARGER_REQUEST_BYTES[path]
    await call(edge.mine(), path, padded(path, limit))
    told = await refused(edge.mine(), path, padded(path, limit + 1))
    assert told.code is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_a_megabyte_never_reaches_our_code(edge: Edge) -> None:
    """gRPC itself ends a message beyond the server's limit, and the waiting call is removed."""
    told = await refused(edge.mine(), VERIFY, b"\0" * (1024 * 1024 + 1))
    assert told.code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert edge.claims.commands == []
    assert all(line["event"] == "rpc" and line["code"] != "OK" for line in edge.log_lines())


@pytest.mark.parametrize("seconds", [None, 60.0])
async def test_the_server_ends_what_takes_too_long(
    tmp_path: Path, authority: Authority, seconds: float | None
) -> None:
    """Without a deadline, or with a later one, the server's deadline applies."""

    async def happens() -> Claim:
        await asyncio.get_running_loop().create_future()
        return succeeded()

    async with running(tmp_path, authority, deadline=0.05) as edge:
        edge.claims.happens = happens
        body = requests()[GET_VERIFICATION].SerializeToString()
        told = await refused(edge.mine(), GET_VERIFICATION, body, seconds=seconds)
        assert (told.code, told.reason) == (grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE")


@pytest.mark.parametrize(
    ("seconds", "low", "high"),
    # gRPC rounds a deadline up slightly.
    [(None, 2.0, 2.0), (60.0, 2.0, 2.0), (2.1, 0.1, 1.95)],
)
async def test_patience_ends_before_the_deadline(
    edge: Edge, seconds: float | None, low: float, high: float
) -> None:
    """The wait for a registry is at most 2 s, and at most the deadline less 200 ms."""
    channel = edge.mine()
    await call(channel, GET_VERIFICATION, requests()[GET_VERIFICATION].SerializeToString())
    await call(channel, VERIFY, requests()[VERIFY].SerializeToString(), seconds=seconds)
    [patience] = edge.claims.patience
    assert low <= patience <= high


async def test_calls_at_once(tmp_path: Path, authority: Authority) -> None:
    """A call beyond the caller's share is refused at once; when one has ended, the next one is accepted."""
    entered, may_end = asyncio.Event(), asyncio.Event()

    async def happens() -> Claim:
        entered.set()
        await may_end.wait()
        raise InvalidError(Reason.INVALID_NAME)

    async with running(tmp_path, authority, takes={"calls": 1}) as edge:
        edge.claims.happens = happens
        channel = edge.mine()
        body = requests()[GET_VERIFICATION].SerializeToString()
        first = asyncio.ensure_future(refused(channel, GET_VERIFICATION, body))
        await entered.wait()
        assert (await refused(channel, GET_VERIFICATION, body)).reason == "STORE_UNAVAILABLE"
        may_end.set()
        assert (await first).reason == "INVALID_NAME"
        assert (await refused(channel, GET_VERIFICATION, body)).reason == "INVALID_NAME"


async def test_one_caller_does_not_starve_another(tmp_path: Path, authority: Authority) -> None:
    """A platform whose calls hang holds half of the edge; another platform's calls are answered."""
    may_end, full, entered = asyncio.Event(), asyncio.Event(), 0

    async def happens() -> Claim:
        nonlocal entered
        entered += 1
        if entered == 4:
            full.set()
        await may_end.wait()
        raise InvalidError(Reason.INVALID_NAME)

    async with running(tmp_path, authority, takes={"calls": 8}) as edge:
        edge.claims.happens = happens
        other = authority.client(spiffe("platform", "platform-b"))
        edge.platforms.platforms.append(platform(other, name="platform-b"))
        await edge.directory.load()
        channel = edge.mine()
        body = requests()[GET_VERIFICATION].SerializeToString()
        calls = [asyncio.ensure_future(refused(channel, GET_VERIFICATION, body)) for _ in range(20)]
        # As each ends: how long the sixteen take depends on the machine.
        ended = [await call for call in islice(asyncio.as_completed(calls), 16)]
        await asyncio.wait_for(full.wait(), 30)
        hanging = [call for call in calls if not call.done()]
        assert (entered, len(hanging)) == (4, 4)
        assert {one.reason for one in ended} == {"STORE_UNAVAILABLE"}
        status = requests()[GET_STATUS].SerializeToString()
        for _ in range(5):
            told = await refused(edge.channel(other), GET_STATUS, status)
            assert told.reason == "ACCOUNT_NOT_FOUND"
        may_end.set()
        assert {(await one).reason for one in hanging} == {"INVALID_NAME"}


async def test_streams_have_shares_of_their_own() -> None:
    """A platform's open streams leave room for those of others, and for its own calls."""
    running = limits.Running(at_once=4)
    mine, theirs = (
        Call(METHOD, b"", None, None, clock(), caller=Caller(name, "platform", "")) for name in "ab"
    )
    with running.place(mine), running.place(mine):
        with pytest.raises(UnavailableError), running.place(mine):
            pass
        with running.place(theirs):
            pass
    assert running.held == {}


async def test_a_timeout_of_somebody_else_passes() -> None:
    """A TimeoutError that is not the deadline's is not converted and is logged as unforeseen."""

    async def inner(call: Call) -> bytes:
        raise TimeoutError

    stage = limits.wrap(inner, running=limits.Running(at_once=1), timer=Timer(), deadline=5.0)
    with pytest.raises(TimeoutError):
        await stage(Call(METHOD, b"", None, None, clock()))
