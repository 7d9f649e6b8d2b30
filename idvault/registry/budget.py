"""Keeps the calls to a registry under a rate cap that all processes of a deployment share.

- Check and query have separate caps, and so separate clocks.
- The slot of a claim's first check is reserved by the act that opens the claim, which saves an act.
- If the next slot is too late for the caller's patience, it is not taken: NO_TURN.
- RATE_LIMITED pauses both in all processes for the registry's ban of 60 s.
- If the store is unavailable, nothing is sent: the other processes' calls are unknown.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Protocol

from idvault.domain.claim import Identity
from idvault.domain.error import UnavailableError
from idvault.domain.registry import RegistryAnswer
from idvault.ports.budget import BudgetStore, CallTurn, Reserved
from idvault.ports.registry import Registry
from idvault.registry.wrapped import WrappedRegistry

BAN = timedelta(seconds=60)


class AdmittingRegistry(Registry, Protocol):
    """A registry that tells in advance whether it would send a call."""

    def admits(self) -> bool:
        """Tell whether a call would be sent now."""
        ...


class BudgetedRegistry(WrappedRegistry):
    """A registry under a shared cap (ports.registry.Registry)."""

    def __init__(
        self,
        *,
        inner: AdmittingRegistry,
        provider: str,
        store: BudgetStore,
        checks_per_second: float,
        queries_per_second: float,
        clock: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        """Wrap a registry. provider: names its clocks in the store. clock: real time. sleep: in seconds."""
        super().__init__(inner=inner)
        self._admits = inner.admits
        self._store = store
        self._check_name, self._query_name = f"{provider}/check", f"{provider}/query"
        self._gaps = {
            self._check_name: timedelta(seconds=1 / checks_per_second),
            self._query_name: timedelta(seconds=1 / queries_per_second),
        }
        self._clock = clock
        self._sleep = sleep

    def turn(self, *, patience: float) -> CallTurn | None:
        """Return the turn that a check needs now; None if nothing would be sent."""
        return self._turn(self._check_name, patience)

    async def check(
        self, *, ai: str, identity: Identity, patience: float, reserved: Reserved | None = None
    ) -> RegistryAnswer:
        """Wait for the reserved slot, or for one that is taken here; then check."""
        left = await self._wait_as_check(reserved, patience)
        if isinstance(left, RegistryAnswer):
            return left
        return await self._heed(await self.inner.check(ai=ai, identity=identity, patience=left))

    async def query(self, *, ai: str, patience: float) -> RegistryAnswer:
        """Wait for a slot, then query."""
        left = await self._wait(self._query_name, patience)
        if isinstance(left, RegistryAnswer):
            return left
        return await self._heed(await self.inner.query(ai=ai, patience=left))

    async def probe(self, *, ai: str, patience: float, reserved: Reserved | None = None) -> RegistryAnswer:
        """Wait for the slot of a check and, if the probe is a query, for that of a query; then probe."""
        left = await self._wait_as_check(reserved, patience)
        if self.can_query and not isinstance(left, RegistryAnswer):
            left = await self._wait(self._query_name, left)
        if isinstance(left, RegistryAnswer):
            return left
        return await self._heed(await self.inner.probe(ai=ai, patience=left))

    async def _wait_as_check(self, reserved: Reserved | None, patience: float) -> float | RegistryAnswer:
        if reserved is None:
            return await self._wait(self._check_name, patience)
        if patience <= 0 or not self._admits():
            return RegistryAnswer.NOT_SENT
        return await self._until(reserved.slot, patience, self._clock())

    async def _wait(self, name: str, patience: float) -> float | RegistryAnswer:
        """Wait for a slot; return the remaining patience, or the answer that says why nothing is sent."""
        turn = self._turn(name, patience)
        if turn is None:
            return RegistryAnswer.NOT_SENT
        try:
            slot = await self._store.take(turn.name, gap=turn.gap, now=turn.now, latest=turn.latest)
        except UnavailableError:
            return RegistryAnswer.NOT_SENT
        return await self._until(slot, patience, turn.now)

    def _turn(self, name: str, patience: float) -> CallTurn | None:
        if patience <= 0 or not self._admits():
            return None
        now = self._clock()
        # Half of the patience is kept for the answer: a call sent too late only puts its claim in doubt.
        return CallTurn(name, self._gaps[name], now, now + timedelta(seconds=patience / 2))

    async def _until(self, slot: datetime | None, patience: float, begun: datetime) -> float | RegistryAnswer:
        """Wait for a slot; return what is left of the patience that began at a time."""
        if slot is None:
            return RegistryAnswer.NO_TURN
        delay = (slot - self._clock()).total_seconds()
        if delay > 0:
            await self._sleep(delay)
        return patience - (self._clock() - begun).total_seconds()

    async def _heed(self, answer: RegistryAnswer) -> RegistryAnswer:
        if answer is RegistryAnswer.RATE_LIMITED:
            until = self._clock() + BAN
            for name in self._gaps:
                try:
                    await self._store.pause(name, until=until)
                except UnavailableError:
                    # The registry enforces the ban; the next call will get RATE_LIMITED again.
                    continue
        return answer
