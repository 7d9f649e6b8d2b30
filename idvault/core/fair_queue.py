"""Whose work is next where callers wait for each other: turns by the time that each caller's work takes.

- Each caller has a clock, which moves on by the time that its work took. Of those that wait, the one whose
  clock is furthest behind is next, with the item that has waited longest. Equal clocks take turns.
- So an item alone waits for what has begun and for one item at most of each other caller, however many they
  have.
- A caller that comes, or comes back, begins where the clocks of the others are: an absence earns nothing, and
  what it used shortly before still counts.
- There are no reserved times: as long as anything waits, something is next.
- Clocks are kept only while anything waits.
"""

from typing import Generic, TypeVar

T = TypeVar("T")


class FairQueue(Generic[T]):
    """Items of callers. An item must be hashable, and be in the queue at most once."""

    def __init__(self) -> None:
        """Start without items."""
        self._waiting: dict[str, dict[T, None]] = {}
        self._clocks: dict[str, float] = {}
        self._now = 0.0

    def __bool__(self) -> bool:
        """Return whether anything waits."""
        return bool(self._waiting)

    def __len__(self) -> int:
        """Return how many items wait."""
        return sum(map(len, self._waiting.values()))

    def put(self, caller: str, item: T) -> None:
        """Add an item behind the others of its caller."""
        items = self._waiting.get(caller)
        if items is None:
            items = self._waiting[caller] = {}
            self._clocks[caller] = max(self._clocks.get(caller, 0.0), self._now)
        items[item] = None

    def drop(self, caller: str, item: T) -> bool:
        """Remove an item that nobody wants any more; return False if it no longer waits."""
        items = self._waiting.get(caller)
        if items is None or item not in items:
            return False
        del items[item]
        if not items:
            del self._waiting[caller]
        return True

    def take(self) -> tuple[str, T] | None:
        """Remove the next item and return it with its caller; None if none waits."""
        if not self._waiting:
            return None
        caller = min(self._waiting, key=self._clocks.__getitem__)
        self._now = max(self._now, self._clocks[caller])
        # Put back at the end, behind callers with an equal clock.
        items = self._waiting.pop(caller)
        item = next(iter(items))
        del items[item]
        if items:
            self._waiting[caller] = items
        return caller, item

    def charge(self, caller: str, *, cost: float) -> None:
        """Move a caller's clock on by the time that an item which was taken needed."""
        if self._waiting:
            self._clocks[caller] = max(self._clocks.get(caller, 0.0), self._now) + cost
        else:
            self._clocks.clear()
            self._now = 0.0
