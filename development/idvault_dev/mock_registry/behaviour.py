"""The mock registry's current behaviour: its mode, for how many calls, its latency, and its rate cap.

- normal; slow (answers late); hang (decides nothing, never answers); down (refuses connections).
- half_answer and lose_answer decide the call, then cut the connection within or before the answer.
- wrong_signature refuses every call as badly signed; maintenance and source_error answer 1001, undecided.
- in_progress leaves every check in progress until /settle ends it.
"""

import math
from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from random import Random

_SLOW_MS = 3000
_BAN_SECONDS = 60.0


class Mode(StrEnum):
    """What the registry does with a call."""

    NORMAL = "normal"
    SLOW = "slow"
    HANG = "hang"
    DOWN = "down"
    HALF_ANSWER = "half_answer"
    LOSE_ANSWER = "lose_answer"
    WRONG_SIGNATURE = "wrong_signature"
    MAINTENANCE = "maintenance"
    SOURCE_ERROR = "source_error"
    IN_PROGRESS = "in_progress"


class BehaviourError(ValueError):
    """The requested behaviour is invalid."""


@dataclass(frozen=True, slots=True)
class ScriptedTurn:
    """How one call is treated; delay in seconds."""

    mode: Mode
    delay: float


class Behaviour:
    """The mode, and how many calls it still holds for (None: until it is changed)."""

    def __init__(self, *, latency_ms: int) -> None:
        """Start in mode normal, with the typical latency in milliseconds."""
        self._usual = latency_ms
        self._random = Random(latency_ms)  # noqa: S311 - a latency, not a secret
        self.reset()

    def reset(self) -> None:
        """Return to mode normal."""
        self.mode, self.count, self.latency_ms = Mode.NORMAL, None, self._usual

    mode: Mode
    count: int | None
    latency_ms: int

    def change(self, wanted: object) -> None:
        """Set the mode from JSON: {"mode", "count", "latency_ms"}; raises BehaviourError."""
        if not isinstance(wanted, dict) or not set(wanted) <= {"mode", "count", "latency_ms"}:
            raise BehaviourError("a behaviour must be an object with mode, count, latency_ms")
        try:
            mode = Mode(str(wanted.get("mode")))
        except ValueError:
            raise BehaviourError(f"mode must be one of {', '.join(Mode)}") from None
        usual = max(self._usual, _SLOW_MS) if mode is Mode.SLOW else self._usual
        count, latency_ms = wanted.get("count"), wanted.get("latency_ms", usual)
        if count is not None and (type(count) is not int or count < 1):
            raise BehaviourError("count must be a number of calls, or null")
        if type(latency_ms) is not int or latency_ms < 0:
            raise BehaviourError("latency_ms must be a number of milliseconds")
        if mode is Mode.DOWN and count is not None:
            raise BehaviourError("mode down must not have a count: refused connections cannot be counted")
        self.mode, self.count, self.latency_ms = mode, count, latency_ms

    def as_json(self) -> dict[str, object]:
        """Return the behaviour in the form that `change` accepts."""
        return {"mode": self.mode.value, "count": self.count, "latency_ms": self.latency_ms}

    def take(self) -> ScriptedTurn:
        """Return how to treat the next call; after the last counted call the mode is normal."""
        turn = ScriptedTurn(self.mode, self._delay())
        if self.count is not None:
            self.count -= 1
            if self.count == 0:
                self.reset()
        return turn

    def _delay(self) -> float:
        # Service latencies have a long tail: log-normal around the typical value.
        return self.latency_ms / 1000 * math.exp(self._random.gauss(0, 0.2))


class RateGate:
    """Bans a type of call for a minute once it exceeds its cap within a second."""

    def __init__(self, *, cap: int) -> None:
        """Allow `cap` calls in any second."""
        self._cap = cap
        self._recent: deque[float] = deque()
        self._banned_until = -math.inf

    def admits(self, now: float) -> bool:
        """Count a call at a monotonic time in seconds; return whether it is allowed."""
        if now < self._banned_until:
            return False
        while self._recent and self._recent[0] <= now - 1:
            self._recent.popleft()
        self._recent.append(now)
        if len(self._recent) > self._cap:
            self._banned_until = now + _BAN_SECONDS
            return False
        return True

    @property
    def recent(self) -> int:
        """How many calls were counted in the last second before the last call."""
        return len(self._recent)

    def reset(self) -> None:
        """Lift a ban."""
        self._recent.clear()
        self._banned_until = -math.inf
