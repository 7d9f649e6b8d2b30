"""Answers for claims that are not sent: what the registry would answer to a wrong name, after as long a time.

- If the last check that was sent was not decided (the registry cannot be reached, refuses, is still working),
  the answer is the same for a minute, so the claim waits as others do.
- Else the registry is asked for the result of this claim's check, which it does not have. That tells it no
  name, and shows whether it could have answered.
- If it could, the answer is a mismatch, after the time of one of the last decided checks, chosen at random.
"""

from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from idvault.domain.claim import Identity
from idvault.domain.registry import DECIDED, RegistryAnswer
from idvault.ports.registry import Registry
from idvault.registry.wrapped import WrappedRegistry

_REMEMBERED = 64
_GOOD_FOR = 60.0
_USUAL_SECONDS = 0.3


class PacedRegistry(WrappedRegistry):
    """A registry that remembers how long its last checks took (ports.registry.Registry)."""

    def __init__(self, *, inner: Registry, clock: Callable[[], float]) -> None:
        """Wrap a registry. clock: seconds."""
        super().__init__(inner)
        self.clock = clock
        self._latest: tuple[RegistryAnswer, float, float] | None = None
        self.seconds: deque[float] = deque(maxlen=_REMEMBERED)
        """How long the last decided checks took."""

    async def check(self, *, ai: str, identity: Identity, patience: float) -> RegistryAnswer:
        """Check, and remember answer and time."""
        begun = self.clock()
        answer = await self._inner.check(ai=ai, identity=identity, patience=patience)
        ended = self.clock()
        self._latest = (answer, ended - begun, ended)
        if answer in DECIDED:
            self.seconds.append(ended - begun)
        return answer

    async def query(self, *, ai: str, patience: float) -> RegistryAnswer:
        """Query the wrapped registry."""
        return await self._inner.query(ai=ai, patience=patience)

    def undecided(self) -> tuple[RegistryAnswer, float] | None:
        """Return the latest answer and its seconds, if it decided nothing and is not older than a minute."""
        if self._latest is None:
            return None
        answer, seconds, ended = self._latest
        return None if answer in DECIDED or self.clock() - ended > _GOOD_FOR else (answer, seconds)


class WithheldRegistry(WrappedRegistry):
    """Sends nothing and answers like a paced registry (ports.registry.Registry)."""

    def __init__(
        self,
        *,
        paced: PacedRegistry,
        sleep: Callable[[float], Awaitable[None]],
        choose: Callable[[Sequence[float]], float],
    ) -> None:
        """Initialise with the registry that is the example. sleep: in seconds. choose: picks one time."""
        super().__init__(paced)
        self._paced = paced
        self._sleep = sleep
        self._choose = choose

    async def check(self, *, ai: str, identity: Identity, patience: float) -> RegistryAnswer:
        """Answer without sending the check."""
        return await self._answer(ai, patience)

    async def query(self, *, ai: str, patience: float) -> RegistryAnswer:
        """Answer as to a check."""
        return await self._answer(ai, patience)

    async def _answer(self, ai: str, patience: float) -> RegistryAnswer:
        begun = self._paced.clock()
        known = self._paced.undecided()
        if known is not None:
            answer, seconds = known
        else:
            answer, seconds = await self._asked(ai, patience)
            if seconds > patience and answer in DECIDED:
                answer = RegistryAnswer.UNKNOWN
        gone = self._paced.clock() - begun
        await self._sleep(max(0.0, min(seconds, patience) - gone))
        return answer

    async def _asked(self, ai: str, patience: float) -> tuple[RegistryAnswer, float]:
        """Return the answer, and how long it should take in all."""
        if self._paced.can_query:
            answer = await self._paced.query(ai=ai, patience=patience)
            if answer is not RegistryAnswer.NOT_FOUND and answer not in DECIDED:
                return answer, 0.0
        return RegistryAnswer.MISMATCH, self._usual()

    def _usual(self) -> float:
        return self._choose(list(self._paced.seconds)) if self._paced.seconds else _USUAL_SECONDS
