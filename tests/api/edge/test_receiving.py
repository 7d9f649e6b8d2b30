"""Calls without a message: limited in time and number, without affecting other calls."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest

from idvault.core.edge import stages
from idvault.core.edge.call import Call, Caller, EdgeMethod
from idvault.core.edge.message_room import MessageRoom
from idvault.core.edge.timer import Timer
from idvault_verify.error import BeyondShareError, InvalidError, UnavailableError
from idvault_verify.v1 import status_pb2
from tools.support.authority import Authority, spiffe
from tools.support.edge import GET_STATUS, PATIENCE, WATCH, call, clock, requests, running, told


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
        await method(messages, timeout=PATIENCE)
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


def _calling(name: str, come: asyncio.Event, *, spki: str = "", connection: str = "one") -> Call:
    async def receive() -> bytes:
        await come.wait()
        return b"message"

    method = EdgeMethod(GET_STATUS, frozenset({"platform"}), status_pb2.GetStatusRequest, 64)
    caller = Caller(name, "platform", "", spki)
    return Call(
        method, b"", None, None, clock(), caller=caller, receive=receive, connection=lambda: connection
    )


def _room(*, at_once: int = 8, places: int = 1, patience: float = 30.0) -> MessageRoom:
    """Room for this many messages of one caller, and as many of others."""
    return MessageRoom(limit=2 * places * 64, largest=64, at_once=at_once, patience=patience)


async def _body(call: Call) -> bytes:
    return call.body


async def test_the_oldest_that_waits_makes_way() -> None:
    """Beyond a caller's share its newest call replaces one that waits for room; others are not affected."""
    room, come = _room(at_once=5), asyncio.Event()
    stage = stages.receive(_body, timer=Timer(), room=room)
    theirs = asyncio.ensure_future(stage(_calling("b", come)))
    mine = []
    for _ in range(5):
        mine.append(asyncio.ensure_future(stage(_calling("a", come))))
        await asyncio.sleep(0)
    with pytest.raises(BeyondShareError):
        await mine[1]
    come.set()
    assert await asyncio.gather(mine[0], *mine[2:], theirs) == [b"message"] * 5
    assert (room.waiting, room.total) == (0, 0)


async def test_a_message_that_is_there_is_taken_in_any_crowd() -> None:
    """A call that sends its message at once over its own connection is served, whatever others do."""
    room = _room(at_once=40, places=2, patience=0.01)
    stage = stages.receive(_body, timer=Timer(), room=room)
    crowd = [asyncio.ensure_future(stage(_calling("a", asyncio.Event()))) for _ in range(20)]
    await asyncio.sleep(0)
    come = asyncio.Event()
    come.set()
    for _ in range(3):
        assert await stage(_calling("a", come, connection="own")) == b"message"
    for one in crowd:
        one.cancel()
    ended = await asyncio.gather(*crowd, return_exceptions=True)
    assert {type(one) for one in ended} == {UnavailableError, asyncio.CancelledError}
    assert (room.waiting, room.total) == (0, 0)


async def test_another_key_is_the_same_caller() -> None:
    """A caller with several keys has one share."""
    room, come = _room(at_once=2), asyncio.Event()
    stage = stages.receive(_body, timer=Timer(), room=room)
    mine = []
    for key in ("first", "old", "new"):
        mine.append(asyncio.ensure_future(stage(_calling("a", come, spki=key))))
        await asyncio.sleep(0)
    with pytest.raises(BeyondShareError):
        await mine[1]
    come.set()
    assert {await each for each in (mine[0], mine[2])} == {b"message"}


async def test_no_room_in_time() -> None:
    """A call that waits for room all its time was never asked for its message: that is no fault of it."""
    room, come = _room(), asyncio.Event()
    held = asyncio.ensure_future(stages.receive(_body, timer=Timer(), room=room)(_calling("a", come)))
    await asyncio.sleep(0)
    with pytest.raises(BeyondShareError):
        await stages.receive(_body, timer=Timer(), room=room, read_time=0.01)(_calling("a", come))
    come.set()
    assert await held == b"message"
    assert (room.waiting, room.total) == (0, 0)


async def test_the_wait_for_room_takes_no_time_to_send(monkeypatch: pytest.MonkeyPatch) -> None:
    """A message is late by when it was asked for, not by when its call began."""
    loop, room, come = asyncio.get_running_loop(), _room(), asyncio.Event()
    held = room.place("platform/a")
    assert held.take()
    stage = stages.receive(_body, timer=Timer(), room=room, read_time=1_000.0)
    waiting = asyncio.ensure_future(stage(_calling("a", come)))
    for then in (held.leave, come.set):
        await asyncio.sleep(0)
        monkeypatch.setattr(loop, "time", lambda time=loop.time: time() + 900.0)
        for _ in range(5):
            await asyncio.sleep(0)
        then()
    assert await waiting == b"message"


async def test_a_late_message_is_none() -> None:
    """A message that arrives after the time limit is refused."""
    room = _room()
    stage = stages.receive(_body, timer=Timer(), room=room, read_time=0.01)
    with pytest.raises(InvalidError):
        await stage(_calling("a", asyncio.Event()))
    assert room.total == 0
