"""Room for the messages of an edge: bytes of the process, and each caller's share of them.

gRPC assembles a message once the edge asks for it, and knows one limit for all methods. So the edge asks only
when there is room for the largest message; until then gRPC takes a few kilobytes of each call. What a message
does not need is free again when it is there; the rest is held until its call ends.

- A caller may hold as many bytes as are free (domain.share). Beyond that its calls wait for each other.
- Room that is free goes to the waiting caller who holds least.
- If a call waits and another message of its caller has been on its way for some time, the oldest one is
  ended. So a client that sends its message at once is served, whatever others of the same caller do.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from time import monotonic

PATIENCE = 0.5
"""For how many seconds a message may be on its way while other calls of its caller wait for room."""


class MessageRoom:
    """The bytes of all messages of one edge."""

    def __init__(self, *, limit: int, largest: int, patience: float = PATIENCE) -> None:
        """Start empty. limit: bytes of all callers. largest: what gRPC may assemble for one call."""
        # A caller alone must have room for one message, and another one beside it.
        self._limit = max(limit, 2 * largest)
        self.largest = largest
        self._patience = patience
        self._held: dict[str, int] = {}
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}
        self._coming: dict[str, dict[MessagePlace, float]] = {}
        self.total = 0

    def place(self, caller: str) -> "MessagePlace":
        """Return a place without room; must be left when its call has ended."""
        return MessagePlace(self, caller)

    def take(self, place: "MessagePlace") -> bool:
        """Take room for the largest message; return False if there is none."""
        if place.caller in self._waiting or not self._fits(place.caller):
            return False
        self._grant(place)
        return True

    async def wait(self, place: "MessagePlace") -> None:
        """Wait until there is room for the largest message, and take it."""
        caller = place.caller
        granted = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(caller, deque()).append(granted)
        try:
            while not granted.done():
                self._hurry(caller)
                await asyncio.wait([granted], timeout=self._patience)
        except asyncio.CancelledError:
            if granted.done():
                self.give(caller, self.largest)
            self._forget(caller, granted)
            raise
        self._coming.setdefault(caller, {})[place] = monotonic()

    def arrived(self, place: "MessagePlace") -> None:
        """Note that a message is no longer on its way."""
        coming = self._coming.get(place.caller)
        if coming is not None and coming.pop(place, None) is not None and not coming:
            del self._coming[place.caller]

    def give(self, caller: str, size: int) -> None:
        """Give room back."""
        held = self._held[caller] - size
        self.total -= size
        if held:
            self._held[caller] = held
        else:
            del self._held[caller]
        if self._waiting:
            self._serve()

    def _fits(self, caller: str) -> bool:
        return self._held.get(caller, 0) + self.largest <= self._limit - self.total

    def _grant(self, place: "MessagePlace") -> None:
        self._add(place.caller)
        self._coming.setdefault(place.caller, {})[place] = monotonic()

    def _add(self, caller: str) -> None:
        self._held[caller] = self._held.get(caller, 0) + self.largest
        self.total += self.largest

    def _serve(self) -> None:
        while self._waiting:
            caller = min(self._waiting, key=lambda each: self._held.get(each, 0))
            if not self._fits(caller):
                return
            granted = self._waiting[caller].popleft()
            if not self._waiting[caller]:
                del self._waiting[caller]
            self._add(caller)
            granted.set_result(None)

    def _forget(self, caller: str, granted: "asyncio.Future[None]") -> None:
        queue = self._waiting.get(caller)
        if queue is not None and granted in queue:
            queue.remove(granted)
            if not queue:
                del self._waiting[caller]

    def _hurry(self, caller: str) -> None:
        """End the caller's message that has been on its way for longest, if that is too long."""
        for place, since in self._coming.get(caller, {}).items():
            if monotonic() - since >= self._patience and place.end is not None:
                self.arrived(place)
                place.end()
            return


class MessagePlace:
    """What one call holds of the room."""

    __slots__ = ("_room", "_size", "caller", "end")

    def __init__(self, room: MessageRoom, caller: str) -> None:
        """Start without room; made by MessageRoom.place."""
        self._room = room
        self.caller = caller
        self._size = 0
        self.end: Callable[[], None] | None = None
        """Ends the wait for the message, to make room for a newer call of the caller."""

    async def enter(self) -> None:
        """Take room for the largest message; wait if there is none."""
        if not self._room.take(self):
            await self._room.wait(self)
        self._size = self._room.largest

    def keep(self, size: int) -> None:
        """Hold only what the message needs, once it is there or will not come."""
        self._room.arrived(self)
        if size < self._size:
            freed, self._size = self._size - size, size
            self._room.give(self.caller, freed)

    def leave(self) -> None:
        """Give back what is held."""
        self.keep(0)
