"""Calls without a message: limited in time and number, without affecting other calls."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest

from idvault.api.edge import receiving
from idvault.api.edge.call import Call, Caller, EdgeMethod
from idvault.api.edge.message_room import MessageRoom
from idvault.api.edge.timer import Timer
from idvault.domain.error import InvalidError, UnavailableError
from idvault.v1 import status_pb2
from tests.support.authority import Authority, spiffe
from tests.support.edge import GET_STATUS, WATCH, call, clock, requests, running, told


async def _never() -> AsyncIterator[bytes]:
    await asyncio.get_running_loop().create_future()
    yield b""


async def _nothing() -> AsyncIterator[bytes]:
    messages: list[bytes] = []
    for message in messages:
        yield message


async def _answer(channel: grpc.aio.Channel, path: str, messages: AsyncIterator[bytes]) -> tuple[str, str]:
    method: grpc.aio.StreamUnaryMultiCallable[bytes, bytes] = channel.stream_unary(path)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await method(messages, timeout=10)
    found = told(caught.value)
    return found.code.name, found.reason


@pytest.mark.parametrize("path", [GET_STATUS, WATCH])
async def test_no_message_in_time(tmp_path: Path, authority: Authority, path: str) -> None:
    """A client that sends only headers, or ends without a message, is refused."""
    async with running(tmp_path, authority, read_time=0.1) as edge:
        for messages in (_never(), _nothing()):
            assert await _answer(edge.mine(), path, messages) == ("INVALID_ARGUMENT", "INVALID_MESSAGE")


async def test_who_waits_is_no_running_call(tmp_path: Path, authority: Authority) -> None:
    """Many waiting calls use up no caller's share of the running calls."""
    async with running(tmp_path, authority, read_time=5.0, takes={"calls": 1}) as edge:
        channel = edge.mine()
        method: grpc.aio.StreamUnaryMultiCallable[bytes, bytes] = channel.stream_unary(GET_STATUS)
        unfinished = [method(_never(), timeout=10) for _ in range(50)]
        waiting = [asyncio.ensure_future(one) for one in unfinished]
        for _ in range(5):
            assert await call(channel, GET_STATUS, requests()[GET_STATUS].SerializeToString())
        for one in unfinished:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


async def test_nobody_waits_for_whom_access_denies(tmp_path: Path, authority: Authority) -> None:
    """An unregistered certificate is denied before the message is received."""
    async with running(tmp_path, authority, read_time=30.0) as edge:
        stranger = edge.channel(edge.authority.client(spiffe("platform", "stranger")))
        assert await _answer(stranger, GET_STATUS, _never()) == ("PERMISSION_DENIED", "ACCESS_DENIED")


def _calling(name: str, come: asyncio.Event, *, spki: str = "") -> Call:
    async def receive() -> bytes:
        await come.wait()
        return b"message"

    method = EdgeMethod(GET_STATUS, frozenset({"platform"}), status_pb2.GetStatusRequest, 64)
    return Call(method, b"", None, None, clock(), caller=Caller(name, "platform", "", spki), receive=receive)


def _room() -> MessageRoom:
    return MessageRoom(limit=1024, largest=64)


async def _body(call: Call) -> bytes:
    return call.body


async def test_the_oldest_of_one_caller_makes_room() -> None:
    """Beyond a caller's share its newest call replaces its oldest; other callers are not affected."""
    waiting, come = receiving.WaitingCalls(at_once=5), asyncio.Event()
    stage = receiving.wrap(_body, waiting=waiting, timer=Timer(), room=_room())
    mine = []
    theirs = asyncio.ensure_future(stage(_calling("b", come)))
    for _ in range(4):
        mine.append(asyncio.ensure_future(stage(_calling("a", come))))
        await asyncio.sleep(0)
    for oldest in mine[:2]:
        with pytest.raises(UnavailableError):
            await oldest
    come.set()
    assert await asyncio.gather(*mine[2:], theirs) == [b"message"] * 3
    assert not waiting


async def test_a_message_that_is_there_is_taken_in_any_crowd() -> None:
    """A call that sends its message at once is served, even if the caller's share is used up."""
    waiting = receiving.WaitingCalls(at_once=4)
    stage = receiving.wrap(_body, waiting=waiting, timer=Timer(), room=_room())
    unfinished = [asyncio.ensure_future(stage(_calling("a", asyncio.Event()))) for _ in range(2)]
    await asyncio.sleep(0)
    come = asyncio.Event()
    come.set()
    for _ in range(3):
        assert await stage(_calling("a", come)) == b"message"
    for one in unfinished:
        one.cancel()
    await asyncio.gather(*unfinished, return_exceptions=True)
    assert not waiting


async def test_a_call_whose_time_is_over_makes_room_once() -> None:
    """If the oldest call is just timing out, no other call is ended instead."""
    waiting, come = receiving.WaitingCalls(at_once=2), asyncio.Event()
    short = receiving.wrap(_body, waiting=waiting, timer=Timer(), room=_room(), read_time=0.0)
    long = receiving.wrap(_body, waiting=waiting, timer=Timer(), room=_room())
    over = asyncio.ensure_future(short(_calling("a", come)))
    await asyncio.sleep(0)
    newer = [asyncio.ensure_future(long(_calling("a", come))) for _ in range(2)]
    with pytest.raises(UnavailableError):
        await over
    with pytest.raises(UnavailableError):
        await newer[0]
    come.set()
    assert await newer[1] == b"message"
    assert not waiting


async def test_another_key_is_the_same_caller() -> None:
    """A caller with several keys has one share."""
    waiting, come = receiving.WaitingCalls(at_once=2), asyncio.Event()
    stage = receiving.wrap(_body, waiting=waiting, timer=Timer(), room=_room())
    mine = [asyncio.ensure_future(stage(_calling("a", come, spki=key))) for key in ("old", "new")]
    await asyncio.sleep(0)
    with pytest.raises(UnavailableError):
        await mine[0]
    come.set()
    assert await mine[1] == b"message"


async def test_a_newcomer_without_a_share() -> None:
    """If all places are held, a caller without one is refused, and nobody else's call is ended."""
    waiting, come = receiving.WaitingCalls(at_once=1), asyncio.Event()
    stage = receiving.wrap(_body, waiting=waiting, timer=Timer(), room=_room())
    held = asyncio.ensure_future(stage(_calling("a", come)))
    await asyncio.sleep(0)
    with pytest.raises(UnavailableError):
        await stage(_calling("b", come))
    come.set()
    assert await held == b"message"
    assert not waiting


async def test_a_late_message_is_none() -> None:
    """A message that arrives after the time limit is refused."""
    waiting = receiving.WaitingCalls(at_once=2)

    stage = receiving.wrap(_body, waiting=waiting, timer=Timer(), room=_room(), read_time=0.01)
    with pytest.raises(InvalidError):
        await stage(_calling("a", asyncio.Event()))
    assert not waiting
