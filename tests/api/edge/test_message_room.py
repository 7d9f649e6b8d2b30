"""Room for messages: bytes of the process and of each caller, whatever is sent to which method."""

import asyncio
import gc
from collections.abc import Iterable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idvault.core.edge.message_room import MessagePlace, MessageRoom
from idvault_verify.error import BeyondShareError

LIMIT, LARGEST, MANY = 1_000, 100, 1_000


def _room(*, limit: int = LIMIT, at_once: int = MANY, patience: float = 30.0) -> MessageRoom:
    return MessageRoom(limit=limit, largest=LARGEST, at_once=at_once, patience=patience)


async def _enter(place: MessagePlace, connection: str = "") -> None:
    if not place.take():
        await place.wait(connection)


async def _until(place: MessagePlace, connection: str = "") -> None:
    async with asyncio.timeout(30):
        await _enter(place, connection)


async def _entered(room: MessageRoom, callers: Iterable[str]) -> list[MessagePlace]:
    places = [room.place(caller) for caller in callers]
    for place in places:
        await _until(place)
    return places


async def _waiting(place: MessagePlace, connection: str = "") -> "asyncio.Task[None]":
    task = asyncio.ensure_future(_enter(place, connection))
    await asyncio.sleep(0)
    assert not task.done()
    return task


async def test_a_caller_alone_has_half() -> None:
    """Beyond half of the bytes a caller waits for its own messages, and others find room."""
    room = _room()
    mine = await _entered(room, "aaaaa")
    waiting = await _waiting(room.place("a"))
    theirs = await _entered(room, "bb")
    mine[0].keep(10)
    await _entered(room, "c")
    assert not waiting.done()
    theirs[0].leave()
    mine[1].leave()
    await waiting
    assert room.total <= LIMIT


async def test_a_message_holds_what_it_needs() -> None:
    """A small message gives back the rest at once, and holds its own bytes until its call has ended."""
    room = _room()
    places = await _entered(room, "a")
    places[0].keep(7)
    assert room.total == 7
    places[0].keep(50)
    assert room.total == 7
    places[0].leave()
    places[0].leave()
    assert room.total == 0


async def test_who_holds_least_is_next() -> None:
    """Room goes to the caller who holds least, and in order within a caller."""
    room = _room()
    mine = await _entered(room, "aaaaa")
    others = await _entered(room, "bb")
    order: list[str] = []

    async def enter(name: str) -> None:
        await _until(room.place(name[0]))
        order.append(name)

    tasks = [asyncio.ensure_future(enter(name)) for name in ("a1", "a2", "b1", "b2", "b3")]
    for _ in range(3):
        await asyncio.sleep(0)
    for place in (*mine, *others):
        place.leave()
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    assert order.index("b1") < order.index("a1") < order.index("a2")


async def test_an_old_message_makes_way() -> None:
    """If a caller's own messages do not come, its newer calls get their room, one for one."""
    room = _room(patience=0.0)
    mine = await _entered(room, "aaaaa")
    ended: list[int] = []

    def end(number: int) -> None:
        ended.append(number)
        mine[number].leave()

    for number, place in enumerate(mine):
        place.end = lambda number=number: end(number)
    other = await _entered(room, "b")
    await _entered(room, "aa")
    assert ended == [0, 1]
    assert [place.hurried for place in mine] == [True, True, False, False, False]
    assert room.total <= LIMIT
    other[0].leave()


async def test_nobody_elses_message_makes_way() -> None:
    """A caller who waits for others' bytes ends none of their messages, nor one that has arrived."""
    room = _room(limit=2 * LARGEST, patience=0.0)
    [held] = await _entered(room, "a")
    held.end = lambda: pytest.fail("ended")
    [arrived] = await _entered(room, "b")
    arrived.end = lambda: pytest.fail("ended")
    arrived.keep(LARGEST)
    waiting = await _waiting(room.place("b"))
    held.leave()
    arrived.leave()
    await waiting


async def test_who_leaves_the_queue_takes_nothing() -> None:
    """A call that ends while it waits, or just as its turn comes, leaves the room as it was."""
    room = _room(limit=2 * LARGEST)
    [held] = await _entered(room, "a")
    for turn in (False, True):
        place = room.place("a")
        waiting = await _waiting(place)
        if turn:
            held.leave()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        place.leave()
    assert room.total == 0
    await _entered(room, "a")


async def test_who_left_takes_nobody_with_it() -> None:
    """A call that ends just before its turn, and hears of it later, leaves a newer call its place in line."""
    room = _room(limit=2 * LARGEST)
    held, other = await _entered(room, "ab")
    gone = await _waiting(room.place("a"))
    places = [room.place("a"), room.place("a")]
    newer, newest = (asyncio.ensure_future(_until(place)) for place in places)
    gone.cancel()
    held.leave()
    assert room.waiting == 0
    # Before `gone` hears of it, one of the others takes the room, and the other one begins to wait.
    await newer
    assert gone.cancelled()
    places[0].leave()
    await newest
    other.leave()
    assert (room.waiting, room.total) == (0, LARGEST)


async def test_connections_take_turns() -> None:
    """A caller's connection with one call waits for one of each other connection, however many they have."""
    room = _room(limit=2 * LARGEST)
    [held] = await _entered(room, "a")
    order: list[str] = []

    async def enter(connection: str) -> None:
        place = room.place("a")
        await _until(place, connection)
        order.append(connection)
        place.leave()

    tasks = [asyncio.ensure_future(enter(connection)) for connection in "xxxxyyyz"]
    for _ in range(3):
        await asyncio.sleep(0)
    held.leave()
    await asyncio.gather(*tasks)
    assert order == list("xyzxyxyx")
    assert room.total == 0


async def test_the_busiest_connection_loses_its_oldest_call() -> None:
    """Beyond a caller's share of the waiting calls a newer one takes the place of an old one."""
    room = _room(limit=2 * LARGEST, at_once=6)
    [held] = await _entered(room, "a")
    mine = [await _waiting(room.place("a"), connection) for connection in "yxx"]
    newer = await _waiting(room.place("a"), "z")
    with pytest.raises(BeyondShareError):
        await mine[1]
    assert room.waiting == 3
    held.leave()
    await mine[0]
    assert not newer.done()


async def test_a_call_that_made_way_is_gone_at_once() -> None:
    """Its exception holds it in no cycle: full garbage collections of a busy process are rare."""
    room = _room(limit=2 * LARGEST, at_once=2)
    [held] = await _entered(room, "a")
    place = room.place("a")
    which = id(place)
    gc.disable()
    try:
        refused = asyncio.ensure_future(_enter(place))
        await asyncio.sleep(0)
        newer = await _waiting(room.place("a"))
        with suppress(BeyondShareError):
            await refused
        del place, refused
        await asyncio.sleep(0)  # the loop lets go of the task
        assert not [each for each in gc.get_objects() if type(each) is MessagePlace and id(each) == which]
    finally:
        gc.enable()
    held.leave()
    await newer


async def test_nobody_elses_waiting_call_makes_way() -> None:
    """If all places are held, a caller without one is refused, and nobody else's call is ended."""
    room = _room(limit=2 * LARGEST, at_once=1)
    held, _ = await _entered(room, "ab")
    waiting = await _waiting(room.place("a"))
    with pytest.raises(BeyondShareError):
        await _until(room.place("c"))
    held.leave()
    await waiting


async def test_who_is_refused_and_leaves_takes_nothing() -> None:
    """A call that ends just as it is refused leaves the room as it was."""
    room = _room(limit=2 * LARGEST, at_once=2)
    [held] = await _entered(room, "a")
    place = room.place("a")
    refused = asyncio.ensure_future(_enter(place))
    await asyncio.sleep(0)
    newer = await _waiting(room.place("a"))
    refused.cancel()
    with pytest.raises((asyncio.CancelledError, BeyondShareError)):
        await refused
    held.leave()
    await newer
    assert (room.waiting, room.total) == (0, LARGEST)


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 150)), max_size=60))
def test_the_bytes_never_exceed_the_limit(calls: list[tuple[str, int]]) -> None:
    """Whoever calls, and whatever the sizes: the sum stays within the limit, and ends at nothing."""

    async def play() -> None:
        room = _room()
        most = 0

        async def one(caller: str, size: int) -> None:
            nonlocal most
            place = room.place(caller)
            try:
                await _until(place, caller)
                most = max(most, room.total)
                await asyncio.sleep(0)
                place.keep(size)
                await asyncio.sleep(0)
            finally:
                place.leave()

        await asyncio.gather(*(one(*each) for each in calls))
        assert most <= LIMIT
        assert room.total == 0

    asyncio.run(play())
