"""Room for messages: bytes of the process and of each caller, whatever is sent to which method."""

import asyncio
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idvault.api.edge.message_room import MessagePlace, MessageRoom

LIMIT, LARGEST = 1_000, 100


async def _entered(room: MessageRoom, callers: Iterable[str]) -> list[MessagePlace]:
    places = [room.place(caller) for caller in callers]
    for place in places:
        await asyncio.wait_for(place.enter(), 5)
    return places


async def _waiting(place: MessagePlace) -> "asyncio.Task[None]":
    task = asyncio.ensure_future(place.enter())
    await asyncio.sleep(0)
    assert not task.done()
    return task


async def test_a_caller_alone_has_half() -> None:
    """Beyond half of the bytes a caller waits for its own messages, and others find room."""
    room = MessageRoom(limit=LIMIT, largest=LARGEST)
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
    room = MessageRoom(limit=LIMIT, largest=LARGEST)
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
    room = MessageRoom(limit=LIMIT, largest=LARGEST)
    mine = await _entered(room, "aaaaa")
    others = await _entered(room, "bb")
    order: list[str] = []

    async def enter(name: str) -> None:
        await room.place(name[0]).enter()
        order.append(name)

    tasks = [asyncio.ensure_future(enter(name)) for name in ("a1", "a2", "b1", "b2", "b3")]
    await asyncio.sleep(0)
    for place in (*mine, *others):
        place.leave()
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    assert order.index("b1") < order.index("a1") < order.index("a2")


async def test_an_old_message_makes_way() -> None:
    """If a caller's own messages do not come, its newer calls get their room, one for one."""
    room = MessageRoom(limit=LIMIT, largest=LARGEST, patience=0.0)
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
    assert room.total <= LIMIT
    other[0].leave()


async def test_nobody_elses_message_makes_way() -> None:
    """A caller who waits for others' bytes ends none of their messages, nor one that has arrived."""
    room = MessageRoom(limit=2 * LARGEST, largest=LARGEST, patience=0.0)
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
    room = MessageRoom(limit=2 * LARGEST, largest=LARGEST)
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


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 150)), max_size=60))
def test_the_bytes_never_exceed_the_limit(calls: list[tuple[str, int]]) -> None:
    """Whoever calls, and whatever the sizes: the sum stays within the limit, and ends at nothing."""

    async def play() -> None:
        room = MessageRoom(limit=LIMIT, largest=LARGEST)
        most = 0

        async def one(caller: str, size: int) -> None:
            nonlocal most
            place = room.place(caller)
            try:
                await place.enter()
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
