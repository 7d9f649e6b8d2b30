"""Room for the messages of an edge: bytes of the process, and each caller's share of them.

gRPC assembles a message once the edge asks for it, and knows one limit for all methods. So the edge asks only
when there is room for the largest message; until then gRPC takes a few kilobytes of each call. What a message
does not need is free again when it is there; the rest is held until its call ends.

- A caller may hold as many bytes as are free (core.share). Beyond that its calls wait for each other, the
  connections in turn: whatever one does, a client with a connection of its own is served.
- Room that is free goes to the waiting caller who holds least.
- If a call waits and another message of its caller has been on its way for some time, the oldest one is
  ended.
- If a caller's share of the waiting calls is used up, its busiest connection loses the oldest one.
"""

import asyncio
from collections.abc import Callable
from itertools import islice
from time import monotonic

from idvault.core import share
from idvault_verify.error import BeyondShareError

PATIENCE = 0.5
"""For how many seconds a message may be on its way while other calls of its caller wait for room."""
_LOOKS = 4
"""How many times the room looks for late messages in that time."""


class MessageRoom:
    """The bytes of all messages of one edge."""

    def __init__(self, *, limit: int, largest: int, at_once: int, patience: float = PATIENCE) -> None:
        """Start empty.

        limit: bytes of all callers. largest: what gRPC may assemble for one call. at_once: how many calls of
        all callers may wait.
        """
        # A caller alone must have room for one message, and another one beside it.
        self._limit = max(limit, 2 * largest)
        self.largest = largest
        self._at_once = at_once
        self._patience = patience
        self._held: dict[str, int] = {}
        self._lines: dict[str, _Line] = {}
        self._coming: dict[str, dict[MessagePlace, float]] = {}
        self._looks = False
        self.waiting = 0
        self.total = 0

    def place(self, caller: str) -> "MessagePlace":
        """Return a place without room; must be left when its call has ended."""
        return MessagePlace(self, caller)

    def take(self, place: "MessagePlace") -> bool:
        """Take room for the largest message; return False if there is none."""
        if place.caller in self._lines or not self._fits(place.caller):
            return False
        self._add(place.caller)
        self._comes(place)
        return True

    async def wait(self, place: "MessagePlace", connection: str) -> None:
        """Wait until there is room for the largest message, and take it; raises BeyondShareError."""
        caller = place.caller
        line = self._lines.get(caller) or _Line()
        self._make_way(line)
        granted = asyncio.get_running_loop().create_future()
        line.add(connection, granted)
        self._lines[caller] = line
        self.waiting += 1
        if not self._looks:
            self._look_later()
        try:
            # An exception in the future would hold the call in a cycle until a full garbage collection.
            if not await granted:
                raise BeyondShareError
        except asyncio.CancelledError:
            if granted.cancelled():
                if line.remove(connection, granted):
                    self._left(caller, line)
            elif granted.result():
                self.give(caller, self.largest)
            raise
        self._comes(place)

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
        if self._lines:
            self._serve()

    def _fits(self, caller: str) -> bool:
        return self._held.get(caller, 0) + self.largest <= self._limit - self.total

    def _add(self, caller: str) -> None:
        self._held[caller] = self._held.get(caller, 0) + self.largest
        self.total += self.largest

    def _comes(self, place: "MessagePlace") -> None:
        self._coming.setdefault(place.caller, {})[place] = monotonic()

    def _serve(self) -> None:
        while self._lines:
            caller = min(self._lines, key=lambda each: self._held.get(each, 0))
            if not self._fits(caller):
                return
            line = self._lines[caller]
            granted = line.next()
            self._left(caller, line)
            if not granted.done():  # otherwise its call has ended just now
                self._add(caller)
                granted.set_result(True)

    def _make_way(self, line: "_Line") -> None:
        """Let a call leave a line that has the caller's share; raises BeyondShareError if none waits."""
        try:
            share.check(held=len(line), total=self.waiting, limit=self._at_once)
        except BeyondShareError:
            if not line:
                raise
            oldest = line.oldest()
            self.waiting -= 1
            if not oldest.done():
                oldest.set_result(False)

    def _left(self, caller: str, line: "_Line") -> None:
        self.waiting -= 1
        if not line:
            del self._lines[caller]

    def _look_later(self) -> None:
        self._looks = True
        asyncio.get_running_loop().call_later(self._patience / _LOOKS, self._look)

    def _look(self) -> None:
        """End late messages, of each caller as many at most as wait."""
        self._looks = False
        now = monotonic()
        for caller, line in tuple(self._lines.items()):
            coming = self._coming.get(caller, {})
            for place, since in tuple(islice(coming.items(), len(line))):
                if now - since >= self._patience and place.end is not None:
                    self.arrived(place)
                    place.hurried = True
                    place.end()
        if self._lines:
            self._look_later()


class _Line:
    """The calls of one caller that wait, by connection, the oldest first; its connections have turns."""

    def __init__(self) -> None:
        self._calls: dict[str, dict[asyncio.Future[bool], None]] = {}
        self._total = 0

    def __len__(self) -> int:
        return self._total

    def add(self, connection: str, granted: "asyncio.Future[bool]") -> None:
        """Add a call behind those of its connection."""
        self._calls.setdefault(connection, {})[granted] = None
        self._total += 1

    def remove(self, connection: str, granted: "asyncio.Future[bool]") -> bool:
        """Remove a call; return False if it has left."""
        calls = self._calls.get(connection, {})
        if granted not in calls:
            return False
        del calls[granted]
        self._total -= 1
        if not calls:
            del self._calls[connection]
        return True

    def next(self) -> "asyncio.Future[bool]":
        """Remove and return the oldest call of the connection whose turn it is."""
        connection = next(iter(self._calls))
        granted = self._first(connection)
        # Put back at the end.
        if connection in self._calls:
            self._calls[connection] = self._calls.pop(connection)
        return granted

    def oldest(self) -> "asyncio.Future[bool]":
        """Remove and return the oldest call of the connection with most calls."""
        return self._first(max(self._calls, key=lambda each: len(self._calls[each])))

    def _first(self, connection: str) -> "asyncio.Future[bool]":
        granted = next(iter(self._calls[connection]))
        self.remove(connection, granted)
        return granted


class MessagePlace:
    """What one call holds of the room."""

    __slots__ = ("_room", "_size", "caller", "end", "hurried")

    def __init__(self, room: MessageRoom, caller: str) -> None:
        """Start without room; made by MessageRoom.place."""
        self._room = room
        self.caller = caller
        self._size = 0
        self.end: Callable[[], None] | None = None
        """Ends the wait for the message, to make room for a newer call of the caller."""
        self.hurried = False
        """Whether that was done."""

    def take(self) -> bool:
        """Take room for the largest message; return False if there is none."""
        taken = self._room.take(self)
        if taken:
            self._size = self._room.largest
        return taken

    async def wait(self, connection: str) -> None:
        """Wait until there is room for the largest message, and take it. connection: the call's.

        Raises BeyondShareError if the caller's newer calls take all its places to wait.
        """
        await self._room.wait(self, connection)
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
