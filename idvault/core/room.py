"""A limited number of places, for which the tasks of an event loop wait; callers get them in turn."""

import asyncio
from dataclasses import dataclass
from time import perf_counter

from idvault.core import caller
from idvault.core.fair_queue import FairQueue
from idvault_verify.error import Reason, UnavailableError


@dataclass(frozen=True, slots=True)
class RoomPlace:
    """A place that is held: by whom, and since when."""

    caller: str
    since: float


class Room:
    """The places, and who waits for one."""

    def __init__(self, *, places: int, wait: float) -> None:
        """Start with all places free. wait: how many seconds one waits for a place at most."""
        self._free = places
        self._longest = wait
        self._queue: FairQueue[asyncio.Future[None]] = FairQueue()

    async def enter(self) -> RoomPlace:
        """Wait for a place; raises UnavailableError (STORE_UNAVAILABLE) if none comes in time."""
        who = caller.current()
        if self._free:
            self._free -= 1
        else:
            await self._wait(who)
        return RoomPlace(who, perf_counter())

    def leave(self, place: RoomPlace) -> None:
        """Give a place to whoever is next."""
        self._queue.charge(place.caller, cost=perf_counter() - place.since)
        self._pass_on()

    async def _wait(self, who: str) -> None:
        mine = asyncio.get_running_loop().create_future()
        self._queue.put(who, mine)
        try:
            async with asyncio.timeout(self._longest):
                await mine
        except BaseException as error:
            if not self._queue.drop(who, mine) and not mine.cancelled():
                self._pass_on()
            if isinstance(error, TimeoutError):
                raise UnavailableError(Reason.STORE_UNAVAILABLE) from None
            raise

    def _pass_on(self) -> None:
        while (taken := self._queue.take()) is not None:
            # A waiter that was cancelled in this turn of the loop has not left yet.
            if not taken[1].done():
                taken[1].set_result(None)
                return
        self._free += 1
