"""Guards a registry: a time-out, a circuit breaker, and a stop when the registry rejects idvault as a caller.

Other registries that wrap one pass on the same of it unchanged: its limits.

- Five failures in a row open the breaker for 2 s; then one call probes, and each failed probe doubles the
  pause, up to 30 s.
- REJECTED_CALLER stops the adapter and raises the alarm; one call probes every 60 s.
- During a pause or stop, nothing is sent and the answer is NOT_SENT.
- IN_USE is an answer: the registry has the check. A call that missed its turn tells nothing about it.
- A failure with less than a second of patience is not counted: an impatient caller must not block the others.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from idvault.registry.ports import InTurn, Registry, RegistryLimits, at_any_time
from idvault_verify.claim import Identity
from idvault_verify.document import DocumentType
from idvault_verify.registry import RegistryAnswer

_FAILURES = 5
_FIRST_PAUSE = timedelta(seconds=2)
_LONGEST_PAUSE = timedelta(seconds=30)
_STOP = timedelta(seconds=60)
_FAIR_PATIENCE = 1.0
_TROUBLE = frozenset({RegistryAnswer.UNKNOWN, RegistryAnswer.NOT_SENT})

_Inner = TypeVar("_Inner", bound=RegistryLimits)


@dataclass(kw_only=True, eq=False)
class WrappedRegistry(Generic[_Inner]):
    """The wrapped registry's limits; a subclass adds how it checks and queries (registry.ports.Registry)."""

    inner: _Inner

    @property
    def name_limit(self) -> int:
        """Return the wrapped registry's limit."""
        return self.inner.name_limit

    @property
    def document_types(self) -> frozenset[DocumentType]:
        """Return the wrapped registry's document types."""
        return self.inner.document_types

    @property
    def can_query(self) -> bool:
        """Return the wrapped registry's answer."""
        return self.inner.can_query


class Breaker:
    """Decides from the outcomes of earlier calls whether a call may be sent. All times are real time."""

    def __init__(self) -> None:
        """Start closed."""
        self._failures = 0
        self._pause = _FIRST_PAUSE
        self._closed_until: datetime | None = None
        self._probing = False

    def admits(self, now: datetime) -> bool:
        """Tell whether a call would be let through."""
        return self._closed_until is None or (now >= self._closed_until and not self._probing)

    def enter(self) -> bool:
        """Start an admitted call; return whether it is a probe."""
        probe = self._closed_until is not None
        self._probing = self._probing or probe
        return probe

    def leave(self, *, probe: bool) -> None:
        """Record the end of a call, whatever its outcome."""
        if probe:
            self._probing = False

    def succeeded(self, *, probe: bool) -> None:
        """Record an answer. Only a probe's answer ends a pause, not that of an older call."""
        if probe or self._closed_until is None:
            self._failures, self._pause, self._closed_until = 0, _FIRST_PAUSE, None

    def failed(self, *, probe: bool, now: datetime) -> None:
        """Record a failure."""
        if probe:
            self._pause = min(self._pause * 2, _LONGEST_PAUSE)
            self._closed_until = now + self._pause
        elif self._closed_until is None:
            self._failures += 1
            if self._failures >= _FAILURES:
                self._closed_until = now + self._pause

    def stop(self, *, probe: bool, now: datetime) -> bool:
        """Stop for 60 s; return whether this is new: of several calls refused at once only the first is."""
        news = probe or self._closed_until is None
        if news:
            self._closed_until = now + _STOP
        return news


class GuardedRegistry(WrappedRegistry[Registry]):
    """A registry behind a time-out and a breaker (registry.ports.Registry)."""

    def __init__(
        self,
        *,
        inner: Registry,
        provider: str,
        clock: Callable[[], datetime],
        observe: Callable[[str, str, float], None],
        alarm: Callable[[str], None],
    ) -> None:
        """Wrap a registry.

        clock: real time. observe: receives provider, outcome and seconds of every call that was sent.
        alarm: receives the provider when it rejects idvault as a caller; an operator must act.
        """
        super().__init__(inner=inner)
        self._provider = provider
        self._clock = clock
        self._observe = observe
        self._alarm = alarm
        self._breaker = Breaker()

    def admits(self) -> bool:
        """Tell whether a call would be sent now."""
        return self._breaker.admits(self._clock())

    async def check(
        self, *, ai: str, identity: Identity, patience: float, in_turn: InTurn = at_any_time
    ) -> RegistryAnswer:
        """Check, if a call may be sent now."""
        return await self._guard(
            lambda: self.inner.check(ai=ai, identity=identity, patience=patience, in_turn=in_turn), patience
        )

    async def query(self, *, ai: str, patience: float, in_turn: InTurn = at_any_time) -> RegistryAnswer:
        """Query, if a call may be sent now."""
        return await self._guard(
            lambda: self.inner.query(ai=ai, patience=patience, in_turn=in_turn), patience
        )

    async def probe(self, *, ai: str, patience: float, in_turn: InTurn = at_any_time) -> RegistryAnswer:
        """Probe, if a call may be sent now."""
        return await self._guard(
            lambda: self.inner.probe(ai=ai, patience=patience, in_turn=in_turn), patience
        )

    async def _guard(self, call: Callable[[], Awaitable[RegistryAnswer]], patience: float) -> RegistryAnswer:
        if not self.admits():
            return RegistryAnswer.NOT_SENT
        probe = self._breaker.enter()
        started = self._clock()
        try:
            answer = await _within(call, patience)
        finally:
            self._breaker.leave(probe=probe)
        if answer is RegistryAnswer.NO_TURN:
            return answer
        now = self._clock()
        self._observe(self._provider, answer.value, max(0.0, (now - started).total_seconds()))
        self._judge(answer, probe=probe, fair=patience >= _FAIR_PATIENCE, now=now)
        return answer

    def _judge(self, answer: RegistryAnswer, *, probe: bool, fair: bool, now: datetime) -> None:
        if answer is RegistryAnswer.REJECTED_CALLER:
            if self._breaker.stop(probe=probe, now=now):
                self._alarm(self._provider)
        elif answer not in _TROUBLE:
            self._breaker.succeeded(probe=probe)
        elif fair or probe:
            self._breaker.failed(probe=probe, now=now)


async def _within(call: Callable[[], Awaitable[RegistryAnswer]], patience: float) -> RegistryAnswer:
    """Return the answer, or UNKNOWN if the registry exceeds the patience."""
    try:
        # A tenth of a second longer than the registry's own time-out, which knows whether anything was sent.
        async with asyncio.timeout(max(0.0, patience) + 0.1):
            return await call()
    except TimeoutError:
        return RegistryAnswer.UNKNOWN
