"""Keeps a registry's calls under the cap that all processes of a deployment share.

- Check and query have a cap, and so a clock, of their own.
- A slot that lies too late for the caller's patience is not taken: NO_TURN.
- RATE_LIMITED pauses both, everywhere, for the registry's ban of 60 s.
- A store that cannot answer gives no slot: without it nobody knows what the others send.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Protocol

from idvault.domain.claim import Identity
from idvault.domain.document import DocumentType
from idvault.domain.error import UnavailableError
from idvault.domain.registry import RegistryAnswer
from idvault.ports.budget import BudgetStore
from idvault.ports.registry import Registry

BAN = timedelta(seconds=60)


class AdmittingRegistry(Registry, Protocol):
    """A registry that says beforehand whether a call would go out at all."""

    def admits(self) -> bool:
        """Say whether a call would go out now."""
        ...


class BudgetedRegistry:
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
        """Wrap a registry. provider names its clocks in the store. clock: real time; sleep: seconds."""
        self._inner = inner
        self._store = store
        self._check_name, self._query_name = f"{provider}/check", f"{provider}/query"
        self._gaps = {
            self._check_name: timedelta(seconds=1 / checks_per_second),
            self._query_name: timedelta(seconds=1 / queries_per_second),
        }
        self._clock = clock
        self._sleep = sleep

    @property
    def name_limit(self) -> int:
        """Return the registry's own limit."""
        return self._inner.name_limit

    @property
    def document_types(self) -> frozenset[DocumentType]:
        """Return the registry's own documents."""
        return self._inner.document_types

    @property
    def can_query(self) -> bool:
        """Say what the registry itself says."""
        return self._inner.can_query

    async def check(self, *, ai: str, identity: Identity, patience: float) -> RegistryAnswer:
        """Ask the registry in its turn."""
        left = await self._wait(self._check_name, patience)
        if isinstance(left, RegistryAnswer):
            return left
        return await self._heed(await self._inner.check(ai=ai, identity=identity, patience=left))

    async def query(self, *, ai: str, patience: float) -> RegistryAnswer:
        """Ask the registry in its turn."""
        left = await self._wait(self._query_name, patience)
        if isinstance(left, RegistryAnswer):
            return left
        return await self._heed(await self._inner.query(ai=ai, patience=left))

    async def _wait(self, name: str, patience: float) -> float | RegistryAnswer:
        """Wait for a slot; return the patience that is left, or why nothing is sent."""
        now = self._clock()
        if patience <= 0 or not self._inner.admits():
            return RegistryAnswer.NOT_SENT
        try:
            # Half of the patience is left for the answer: a call sent too late is only a claim in doubt.
            slot = await self._store.take(
                name, gap=self._gaps[name], now=now, latest=now + timedelta(seconds=patience / 2)
            )
        except UnavailableError:
            return RegistryAnswer.NOT_SENT
        if slot is None:
            return RegistryAnswer.NO_TURN
        delay = (slot - self._clock()).total_seconds()
        if delay > 0:
            await self._sleep(delay)
        return patience - (self._clock() - now).total_seconds()

    async def _heed(self, answer: RegistryAnswer) -> RegistryAnswer:
        if answer is RegistryAnswer.RATE_LIMITED:
            until = self._clock() + BAN
            for name in self._gaps:
                try:
                    await self._store.pause(name, until=until)
                except UnavailableError:
                    # The registry itself holds the ban; the next call will be told so again.
                    continue
        return answer
