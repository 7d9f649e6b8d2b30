"""The wraps of a registry, which pass on its limits unchanged; from the inside out:

- GuardedRegistry: time-out and circuit breaker,
- BudgetedRegistry: the rate cap that all processes share,
- TimedRegistry and WithheldRegistry: claims that are not sent look like others.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Generic, Protocol, TypeVar

from idvault.core.db.database import Database
from idvault.core.room import Room
from idvault.registry import store as registry_store
from idvault.registry.ports import (
    CallTurn,
    CappedRegistry,
    InTurn,
    Registry,
    RegistryLimits,
    Reserved,
    at_any_time,
)
from idvault_verify.claim import Identity
from idvault_verify.document import DocumentType
from idvault_verify.error import UnavailableError
from idvault_verify.registry import DECIDED, LATENESS, RegistryAnswer

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
        """Start letting calls through."""
        self._failures = 0
        self._pause = _FIRST_PAUSE
        self._paused_until: datetime | None = None
        self._probing = False

    def admits(self, now: datetime) -> bool:
        """Tell whether a call would be let through."""
        return self._paused_until is None or (now >= self._paused_until and not self._probing)

    def enter(self) -> bool:
        """Start an admitted call; return whether it is a probe."""
        probe = self._paused_until is not None
        self._probing = self._probing or probe
        return probe

    def leave(self, *, probe: bool) -> None:
        """Record the end of a call, whatever its outcome."""
        if probe:
            self._probing = False

    def succeeded(self, *, probe: bool) -> None:
        """Record an answer. Only a probe's answer ends a pause, not that of an older call."""
        if probe or self._paused_until is None:
            self._failures, self._pause, self._paused_until = 0, _FIRST_PAUSE, None

    def failed(self, *, probe: bool, now: datetime) -> None:
        """Record a failure."""
        if probe:
            self._pause = min(self._pause * 2, _LONGEST_PAUSE)
            self._paused_until = now + self._pause
        elif self._paused_until is None:
            self._failures += 1
            if self._failures >= _FAILURES:
                self._paused_until = now + self._pause

    def stop(self, *, probe: bool, now: datetime) -> bool:
        """Stop for 60 s; return whether this is new: of several calls refused at once only the first is."""
        news = probe or self._paused_until is None
        if news:
            self._paused_until = now + _STOP
        return news


class GuardedRegistry(WrappedRegistry[Registry]):
    """A registry behind a time-out and a breaker (registry.ports.Registry).

    - Five failures in a row open the breaker for 2 s; then one call probes, and each failed probe doubles the
      pause, up to 30 s.
    - REJECTED_CALLER stops the adapter and raises the alarm; one call probes every 60 s.
    - During a pause or stop, nothing is sent and the answer is NOT_SENT.
    - IN_USE is an answer: the registry has the check. A call that missed its turn tells nothing about it.
    - A failure with less than a second of patience is not counted: an impatient caller must not block the
      others.
    """

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


BAN = timedelta(seconds=60)
_LATENESS = timedelta(seconds=LATENESS)
# A sign-up waits for the lead, so it grows only for a call that misses again. A request is signed when its
# call begins, and the registry refuses signatures of 5 s ago.
_FIRST_LEAD, _LONGEST_LEAD = timedelta(milliseconds=250), timedelta(seconds=1.5)
_LONGEST_WAIT = 2.5
_REACH, _QUEUE_REACH = timedelta(milliseconds=500), timedelta(milliseconds=150)
_FADES = 0.9

_Call = Callable[[float, InTurn], Awaitable[RegistryAnswer]]
"""Sends a call with the remaining patience, if it is in its turn when it would leave."""


class AdmittingRegistry(Registry, Protocol):
    """A registry that tells in advance whether it would send a call."""

    def admits(self) -> bool:
        """Tell whether a call would be sent now."""
        ...


class BudgetedRegistry(WrappedRegistry[AdmittingRegistry]):
    """A registry under a shared cap (registry.ports.CappedRegistry).

    - Check and query have separate caps, and so separate clocks.
    - The slot of a claim's first check is reserved by the act that opens the claim, which saves an act.
    - If the next slot is too late for the caller's patience, it is not taken: NO_TURN. A new claim takes one
      at most half a second ahead; other calls wait in turn until shortly before theirs. So a new claim finds
      a slot soon, however many claims of others wait; one without a slot goes into the queue.
    - A call leaves at its slot or shortly after it. One that is later gives its slot up and takes another:
      calls that were held up together must not leave together. After a miss the next slots are taken further
      ahead, and calls begin before them: to connect to a distant registry takes longer than a call may be
      late.
    - RATE_LIMITED pauses both in all processes for the registry's ban of 60 s, and the alarm is raised.
    - If the database is unavailable, nothing is sent: the other processes' calls are unknown.
    """

    def __init__(
        self,
        *,
        inner: AdmittingRegistry,
        provider: str,
        main: Database,
        checks_per_second: float,
        queries_per_second: float,
        clock: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]],
        alarm: Callable[[str], None],
    ) -> None:
        """Wrap a registry.

        provider: names its clocks in the database. checks_per_second, queries_per_second: how many are
        planned (verify.registry.pace). clock: real time. sleep: in seconds. alarm: receives the provider at
        each ban.
        """
        super().__init__(inner=inner)
        self._provider = provider
        self._main = main
        self._check_name, self._query_name = f"{provider}/check", f"{provider}/query"
        self._gaps = {
            self._check_name: timedelta(seconds=1 / checks_per_second),
            self._query_name: timedelta(seconds=1 / queries_per_second),
        }
        self._ahead = {
            name: Room(places=max(1, _QUEUE_REACH // gap), wait=_LONGEST_WAIT)
            for name, gap in self._gaps.items()
        }
        self._clock = clock
        self._sleep = sleep
        self._alarm = alarm
        self._lead = timedelta(0)

    def turn(self, *, patience: float) -> CallTurn | None:
        """Return the turn that a check needs now; None if nothing would be sent."""
        turn = self._turn(self._check_name, patience)
        return turn and replace(turn, latest=min(turn.latest, turn.now + _REACH))

    async def check(
        self, *, ai: str, identity: Identity, patience: float, reserved: Reserved | None = None
    ) -> RegistryAnswer:
        """Wait for the reserved slot, or for one that is taken here; then check."""
        return await self._send(
            self._check_name,
            patience,
            lambda left, in_turn: self.inner.check(ai=ai, identity=identity, patience=left, in_turn=in_turn),
            reserved,
        )

    async def query(self, *, ai: str, patience: float) -> RegistryAnswer:
        """Wait for a slot, then query."""
        return await self._send(
            self._query_name,
            patience,
            lambda left, in_turn: self.inner.query(ai=ai, patience=left, in_turn=in_turn),
        )

    async def probe(self, *, ai: str, patience: float, reserved: Reserved | None = None) -> RegistryAnswer:
        """Wait for the slot of a check and, if the probe is a query, for that of a query; then probe."""
        begun = self._clock()

        def ask(left: float, in_turn: InTurn) -> Awaitable[RegistryAnswer]:
            return self.inner.probe(ai=ai, patience=left, in_turn=in_turn)

        if not self.can_query:
            return await self._send(self._check_name, patience, ask, reserved)
        slot = await self._wait(self._check_name, patience, reserved)
        if isinstance(slot, RegistryAnswer):
            return slot
        return await self._send(self._query_name, patience - self._since(begun), ask)

    async def _send(
        self, name: str, patience: float, call: _Call, reserved: Reserved | None = None
    ) -> RegistryAnswer:
        """Call in a slot; take another one if the call could not leave in time."""
        begun, limit = self._clock(), _FIRST_LEAD
        while True:
            slot = await self._wait(name, patience - self._since(begun), reserved)
            if isinstance(slot, RegistryAnswer):
                return slot
            started = self._clock()
            answer = await call(patience - self._since(begun), partial(self._in_turn, slot))
            if answer is not RegistryAnswer.NO_TURN or self._is_in_turn(slot):
                self._lead *= _FADES
                return await self._heed(answer)
            self._lead = max(self._lead, min((self._clock() - min(started, slot)) * 2, limit))
            if patience <= self._since(begun):
                return answer
            reserved, limit = None, min(limit * 2, _LONGEST_LEAD)

    async def _wait(self, name: str, patience: float, reserved: Reserved | None) -> datetime | RegistryAnswer:
        """Wait for the slot of a call; return it, or the answer that says why nothing is sent."""
        if reserved is not None:
            return await self._slot(name, patience, reserved)
        begun = self._clock()
        try:
            place = await self._ahead[name].enter()
        except UnavailableError:
            return RegistryAnswer.NO_TURN
        try:
            return await self._slot(name, patience - self._since(begun), None)
        finally:
            self._ahead[name].leave(place)

    async def _slot(self, name: str, patience: float, reserved: Reserved | None) -> datetime | RegistryAnswer:
        """Take a slot if none is reserved, and wait until its call begins."""
        turn = self._turn(name, patience)
        if turn is None:
            return RegistryAnswer.NOT_SENT
        if reserved is None:
            try:
                slot = await registry_store.take(self._main, turn)
            except UnavailableError:
                return RegistryAnswer.NOT_SENT
        else:
            slot = reserved.slot
        # No slot is taken later than the turn's latest, so this one is of before the clock went back.
        if slot is None or slot > turn.latest + _LATENESS:
            return RegistryAnswer.NO_TURN
        await self._until(slot - self._lead)
        return slot

    def _turn(self, name: str, patience: float) -> CallTurn | None:
        if patience <= 0 or not self.inner.admits():
            return None
        now = self._clock()
        # Half of the patience is kept for the answer: a call sent too late only puts its claim in doubt.
        # A longer lead would leave an impatient caller no slot at all, and without calls it never fades.
        lead = min(self._lead, timedelta(seconds=patience / 3))
        return CallTurn(name, self._gaps[name], now + lead, now + timedelta(seconds=patience / 2))

    async def _until(self, time: datetime) -> None:
        delay = -self._since(time)
        if delay > 0:
            await self._sleep(delay)

    async def _in_turn(self, slot: datetime) -> bool:
        await self._until(slot)
        return self._is_in_turn(slot)

    def _is_in_turn(self, slot: datetime) -> bool:
        return self._clock() <= slot + _LATENESS

    def _since(self, begun: datetime) -> float:
        return (self._clock() - begun).total_seconds()

    async def _heed(self, answer: RegistryAnswer) -> RegistryAnswer:
        if answer is RegistryAnswer.RATE_LIMITED:
            self._alarm(self._provider)
            until = self._clock() + BAN
            for name in self._gaps:
                try:
                    await registry_store.pause(self._main, name, until=until)
                except UnavailableError:
                    # The registry enforces the ban; the next call will get RATE_LIMITED again.
                    continue
        return answer


_REMEMBERED = 64
_UNSEEN = frozenset({RegistryAnswer.IN_PROGRESS, RegistryAnswer.DAILY_LIMIT})
_GOOD_FOR = 60.0
_USUAL_SECONDS = 0.3


class TimedRegistry(WrappedRegistry[CappedRegistry]):
    """A registry that remembers how long its last checks took (registry.ports.CappedRegistry)."""

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


class WithheldRegistry(WrappedRegistry[TimedRegistry]):
    """Sends nothing and answers like a timed registry (registry.ports.CappedRegistry).

    - The registry is probed, on the way that a check takes and in the turn of one: that tells it no name and
      no number, and shows whether it could have answered. If not, that is the answer, and the claim waits as
      others do.
    - A check that the registry leaves in progress, or does not accept until midnight, cannot be seen by a
      probe. If the last check that was sent was such a one, the answer is the same for a minute.
    - Else the answer is a mismatch, after the time of one of the last decided checks, chosen at random.
    """

    def __init__(
        self,
        *,
        timed: TimedRegistry,
        sleep: Callable[[float], Awaitable[None]],
        choose: Callable[[Sequence[float]], float],
    ) -> None:
        """Initialise with the registry that is the example. sleep: in seconds. choose: picks one time."""
        super().__init__(inner=timed)
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
