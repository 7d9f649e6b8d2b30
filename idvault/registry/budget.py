"""Keeps the calls to a registry under a rate cap that all processes of a deployment share.

- Check and query have separate caps, and so separate clocks.
- The slot of a claim's first check is reserved by the act that opens the claim, which saves an act.
- If the next slot is too late for the caller's patience, it is not taken: NO_TURN. A new claim takes one at
  most half a second ahead; other calls wait in turn until shortly before theirs. So a new claim finds a slot
  soon, however many claims of others wait; one without a slot goes into the queue.
- A call leaves at its slot or shortly after it. One that is later gives its slot up and takes another: calls
  that were held up together must not leave together. After a miss the next slots are taken further ahead, and
  calls begin before them: to connect to a distant registry takes longer than a call may be late.
- RATE_LIMITED pauses both in all processes for the registry's ban of 60 s, and the alarm is raised.
- If the database is unavailable, nothing is sent: the other processes' calls are unknown.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from idvault.core.db.database import Database
from idvault.core.room import Room
from idvault.registry import store
from idvault.registry.guarded import WrappedRegistry
from idvault.registry.ports import CallTurn, InTurn, Registry, Reserved
from idvault_verify.claim import Identity
from idvault_verify.error import UnavailableError
from idvault_verify.registry import LATENESS, RegistryAnswer

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
    """A registry under a shared cap (registry.ports.Registry)."""

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
                slot = await store.take(self._main, turn)
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
                    await store.pause(self._main, name, until=until)
                except UnavailableError:
                    # The registry enforces the ban; the next call will get RATE_LIMITED again.
                    continue
        return answer
