"""Answers for claims that are not sent: what the registry would answer to a wrong name, after as long a time.

- The registry is probed, on the way that a check takes and in the turn of one: that tells it no name and no
  number, and shows whether it could have answered. If not, that is the answer, and the claim waits as others
  do.
- A check that the registry leaves in progress, or does not accept until midnight, cannot be seen by a probe.
  If the last check that was sent was such a one, the answer is the same for a minute.
- Else the answer is a mismatch, after the time of one of the last decided checks, chosen at random.
"""

from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from idvault.registry.guarded import WrappedRegistry
from idvault.registry.ports import CallTurn, CappedRegistry, Reserved
from idvault_verify.claim import Identity
from idvault_verify.registry import DECIDED, RegistryAnswer

_REMEMBERED = 64
_UNSEEN = frozenset({RegistryAnswer.IN_PROGRESS, RegistryAnswer.DAILY_LIMIT})
_GOOD_FOR = 60.0
_USUAL_SECONDS = 0.3


class PacedRegistry(WrappedRegistry[CappedRegistry]):
    """A registry that remembers how long its last checks took (registry.ports.Registry)."""

    def __init__(self, *, inner: CappedRegistry, clock: Callable[[], float]) -> None:
        """Wrap a registry. clock: seconds."""
        super().__init__(inner=inner)
        self.clock = clock
        self._latest: tuple[RegistryAnswer, float, float] | None = None
        self.seconds: deque[float] = deque(maxlen=_REMEMBERED)
        """How long the last decided checks took."""

    def turn(self, *, patience: float) -> CallTurn | None:
        """Return the wrapped registry's turn."""
        return self.inner.turn(patience=patience)

    async def check(
        self, *, ai: str, identity: Identity, patience: float, reserved: Reserved | None = None
    ) -> RegistryAnswer:
        """Check, and remember answer and time."""
        begun = self.clock()
        answer = await self.inner.check(ai=ai, identity=identity, patience=patience, reserved=reserved)
        ended = self.clock()
        self._latest = (answer, ended - begun, ended)
        if answer in DECIDED:
            self.seconds.append(ended - begun)
        return answer

    async def query(self, *, ai: str, patience: float) -> RegistryAnswer:
        """Query the wrapped registry."""
        return await self.inner.query(ai=ai, patience=patience)

    async def probe(self, *, ai: str, patience: float, reserved: Reserved | None = None) -> RegistryAnswer:
        """Probe the wrapped registry."""
        return await self.inner.probe(ai=ai, patience=patience, reserved=reserved)

    def latest(self, now: float) -> tuple[RegistryAnswer, float] | None:
        """Return the answer to the last check and its seconds, if it is not older than a minute."""
        if self._latest is None:
            return None
        answer, seconds, ended = self._latest
        return None if now - ended > _GOOD_FOR else (answer, seconds)


class WithheldRegistry(WrappedRegistry[PacedRegistry]):
    """Sends nothing and answers like a paced registry (registry.ports.Registry)."""

    def __init__(
        self,
        *,
        paced: PacedRegistry,
        sleep: Callable[[float], Awaitable[None]],
        choose: Callable[[Sequence[float]], float],
    ) -> None:
        """Initialise with the registry that is the example. sleep: in seconds. choose: picks one time."""
        super().__init__(inner=paced)
        self._sleep = sleep
        self._choose = choose

    def turn(self, *, patience: float) -> CallTurn | None:
        """Return the turn of a check that is sent: the claim's act must not reveal whether its check is."""
        return self.inner.turn(patience=patience)

    async def check(
        self, *, ai: str, identity: Identity, patience: float, reserved: Reserved | None = None
    ) -> RegistryAnswer:
        """Answer without sending the check."""
        return await self._answer(ai, patience, reserved)

    async def query(self, *, ai: str, patience: float) -> RegistryAnswer:
        """Answer as to a check."""
        return await self._answer(ai, patience, None)

    async def probe(self, *, ai: str, patience: float, reserved: Reserved | None = None) -> RegistryAnswer:
        """Probe the registry that is the example."""
        return await self.inner.probe(ai=ai, patience=patience, reserved=reserved)

    async def _answer(self, ai: str, patience: float, reserved: Reserved | None) -> RegistryAnswer:
        begun = self.inner.clock()
        probed = await self.inner.probe(ai=ai, patience=patience, reserved=reserved)
        now = self.inner.clock()
        answer, seconds = self._like_others(probed, now)
        if seconds > patience and answer in DECIDED:
            answer = RegistryAnswer.UNKNOWN
        await self._sleep(max(0.0, min(seconds, patience) - (now - begun)))
        return answer

    def _like_others(self, probed: RegistryAnswer, now: float) -> tuple[RegistryAnswer, float]:
        """Return the answer, and how long it should take in all."""
        if probed is not RegistryAnswer.NOT_FOUND:
            return probed, 0.0  # the probe took as long as a check would have
        latest = self.inner.latest(now)
        if latest is not None and latest[0] in _UNSEEN:
            return latest
        return RegistryAnswer.MISMATCH, self._usual()

    def _usual(self) -> float:
        return self._choose(list(self.inner.seconds)) if self.inner.seconds else _USUAL_SECONDS
