"""Refusals beyond a share: told one after another, of all callers in turn, and at once if too many wait."""

import asyncio
from pathlib import Path

import pytest

from idvault.core.edge import stages
from idvault.core.edge.call import Call, Caller, EdgeMethod
from idvault.core.edge.stages import RefusalLine
from idvault_verify.error import BeyondShareError, UnavailableError
from idvault_verify.v1 import status_pb2
from tools.support.authority import Authority
from tools.support.edge import GET_STATUS, call, clock, refused, requests, running


def _call(name: str) -> Call:
    method = EdgeMethod(GET_STATUS, frozenset({"platform"}), status_pb2.GetStatusRequest, 64)
    return Call(method, b"body", None, None, clock(), caller=Caller(name, "platform", ""))


async def _beyond(_call: Call) -> bytes:
    raise BeyondShareError


async def test_callers_are_told_in_turn() -> None:
    """One refusal of a caller waits for one of each other caller, however many wait."""
    told: list[str] = []
    stage = stages.tell_in_turn(_beyond, refusals=RefusalLine(at_once=100, between=0.0))

    async def refused(name: str) -> None:
        with pytest.raises(BeyondShareError):
            await stage(_call(name))
        told.append(name)

    await asyncio.gather(*(refused(name) for name in "aaaab"))
    assert told == ["a", "b", "a", "a", "a"]


async def test_one_after_another() -> None:
    """Between two refusals the loop is free for as long as is set; the first one is told at once."""
    waiting = RefusalLine(at_once=100, between=30.0)
    await asyncio.wait_for(waiting.turn("a"), 20)
    later = asyncio.ensure_future(waiting.turn("a"))
    done, _ = await asyncio.wait([later], timeout=0.05)
    assert not done
    later.cancel()


async def test_a_stop_waits_for_no_turns() -> None:
    """Once the server stops, those that wait are told without a pause."""
    waiting = RefusalLine(at_once=1_000, between=0.2)
    those = [asyncio.ensure_future(waiting.turn("a")) for _ in range(500)]
    await those[0]
    waiting.hurry()
    await asyncio.wait_for(asyncio.gather(*those), 50)


async def test_too_many_are_told_at_once() -> None:
    """No more calls are kept than the process has memory for."""
    waiting = RefusalLine(at_once=1, between=30.0)
    await waiting.turn("a")
    kept = asyncio.ensure_future(waiting.turn("a"))
    await asyncio.sleep(0)
    await asyncio.wait_for(waiting.turn("b"), 20)
    assert not kept.done()
    kept.cancel()


async def test_who_has_gone_delays_nobody() -> None:
    """A refused call whose client goes away takes no turn of another."""
    waiting = RefusalLine(at_once=100, between=0.01)
    gone, stays = (asyncio.ensure_future(waiting.turn("a")) for _ in range(2))
    await asyncio.sleep(0)
    gone.cancel()
    await stays
    assert gone.cancelled()


async def test_a_call_that_waits_holds_no_message() -> None:
    """Its error keeps the id of the request, and its body is let go of."""
    call = _call("a")
    call.body = status_pb2.GetStatusRequest(account_token="a").SerializeToString()
    with pytest.raises(BeyondShareError):
        await stages.tell_in_turn(_beyond, refusals=RefusalLine(at_once=1, between=0.0))(call)
    assert call.body == b""
    assert call.error_id


async def test_the_log_says_who_was_beyond_a_share(tmp_path: Path, authority: Authority) -> None:
    """The line of a refused call says so, also if its client did not wait for the answer."""
    async with running(tmp_path, authority, takes={"calls": 0}) as edge:
        line = edge.server._refusals
        line._between = 60.0
        channel, body = edge.mine(), requests()[GET_STATUS].SerializeToString()
        await refused(channel, GET_STATUS, body)
        gone = asyncio.ensure_future(call(channel, GET_STATUS, body, seconds=None))
        while not line._waiting:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.01)
        gone.cancel()
        while len(lines := edge.log_lines()) < 2:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.01)
        told = [(one["caller"], one["code"], one["why"]) for one in lines]
        assert told == [("platform-a", code, "beyond_share") for code in ("UNAVAILABLE", "CANCELLED")]


async def test_other_refusals_do_not_wait() -> None:
    """A refusal that says something about the request is told at once."""

    async def down(_call: Call) -> bytes:
        raise UnavailableError(BeyondShareError().reason)

    waiting = RefusalLine(at_once=100, between=30.0)
    await waiting.turn("a")
    with pytest.raises(UnavailableError):
        await asyncio.wait_for(stages.tell_in_turn(down, refusals=waiting)(_call("a")), 20)
