"""One process, edge or worker: it may die before or after any step, or its store may fail."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from idvault.claim.acts.registry_check import SettlementContext
from idvault.claim.acts.verification import ClaimContext
from idvault.claim.rules import Claim
from idvault.core.db.database import Database
from idvault.core.policy import OperatorPolicy
from idvault.log.acts.stored_log import LogGuard
from idvault.processes.bootstrap.vault import vault_of
from idvault.registry.absent import AbsentRegistry
from idvault.registry.ports import CallTurn, CappedRegistry
from idvault.registry.wrapped import BudgetedRegistry, GuardedRegistry, TimedRegistry, WithheldRegistry
from idvault_verify.account import SubjectKind
from idvault_verify.clock import ClockReading
from idvault_verify.error import Reason, UnavailableError
from idvault_verify.registry import RegistryAnswer
from tools.support import builders
from tools.support.claims import EdgeClaims, WorkerClaims
from tools.support.fakes.log import WaitingLog
from tools.support.fakes.sealing import (
    CountingEntropy,
    FakeFingerprinter,
    FakeIndexer,
    FakeIntakeSealer,
    FakePairMarker,
    FakeRecordSealer,
)
from tools.torture.registry.wire import Internet

_APART = 10**9


class KilledError(Exception):
    """The process is dead."""


@dataclass(slots=True)
class Fate:
    """When a process dies and its store fails, as shares of all steps."""

    random: Random
    dies: float
    fails: float
    dead: bool = False

    def live(self) -> None:
        """Die, stay dead, or continue."""
        self.dead = self.dead or self.random.random() < self.dies
        if self.dead:
            raise KilledError

    def step(self) -> None:
        """Die, stay dead, fail, or continue."""
        self.live()
        if self.random.random() < self.fails:
            raise UnavailableError(Reason.STORE_UNAVAILABLE)


class Mortal:
    """Passes every call to a database, unless its process dies or fails before or after it."""

    def __init__(self, inner: object, fate: Fate) -> None:
        self._inner = inner
        self._fate = fate

    def __getattr__(self, method: str) -> Any:
        real = getattr(self._inner, method)

        async def call(*args: Any, **kwargs: Any) -> Any:
            self._fate.step()
            answer = await real(*args, **kwargs)
            self._fate.step()
            return answer

        return call


class MortalRegistry:
    """A registry whose caller may die before asking or before the answer (registry.ports.Registry)."""

    can_query = True

    def __init__(self, inner: CappedRegistry, fate: Fate) -> None:
        self.name_limit, self.document_types = inner.name_limit, inner.document_types
        self._inner, self._fate = inner, fate

    def turn(self, *, patience: float) -> CallTurn | None:
        return self._inner.turn(patience=patience)

    async def check(self, **what: Any) -> RegistryAnswer:
        self._fate.live()
        answer = await self._inner.check(**what)
        self._fate.live()
        return answer

    async def query(self, **what: Any) -> RegistryAnswer:
        self._fate.live()
        answer = await self._inner.query(**what)
        self._fate.live()
        return answer

    async def probe(self, **what: Any) -> RegistryAnswer:
        self._fate.live()
        return await self._inner.probe(**what)


@dataclass
class Process:
    """Claims as bootstrap builds them, over a real database and the real adapter."""

    database: Database
    internet: Internet
    policy: OperatorPolicy
    fate: Fate
    clock: Callable[[], ClockReading]
    number: int
    on_settled: Callable[[Claim], None] = lambda _claim: None
    intakes: FakeIntakeSealer = field(default_factory=FakeIntakeSealer)

    def __post_init__(self) -> None:
        main: Any = Mortal(self.database, self.fate)
        vault = vault_of(
            main,
            guard=LogGuard(look=WaitingLog().unsequenced),
            fingerprinter=FakeFingerprinter(),
            entropy=CountingEntropy(start=self.number * _APART),
        )
        nppa = TimedRegistry(inner=self._registry(), clock=self._seconds)
        settlement = SettlementContext(
            registries={
                SubjectKind.INDIVIDUAL: MortalRegistry(nppa, self.fate),
                SubjectKind.ORGANIZATION: AbsentRegistry(),
            },
            withheld={SubjectKind.INDIVIDUAL: WithheldRegistry(timed=nppa, sleep=_slept, choose=max)},
            record_sealer=FakeRecordSealer(),
            intake_sealer=self.intakes,
            policy=self.policy,
            on_settled=self.on_settled,
        )
        context = ClaimContext(settlement=settlement, indexer=FakeIndexer(), marker=FakePairMarker())
        self.verification = EdgeClaims(vault, context)
        self.backlog = WorkerClaims(vault=vault, context=settlement, opener=self.intakes)

    def _seconds(self) -> float:
        return self.clock().real.timestamp()

    def _registry(self) -> BudgetedRegistry:
        guarded = GuardedRegistry(
            inner=self.internet.adapter(),
            provider="nppa",
            clock=lambda: self.clock().real,
            observe=lambda _provider, _outcome, _seconds: None,
            alarm=lambda _provider: None,
        )
        return BudgetedRegistry(
            inner=guarded,
            provider="nppa",
            main=self.database,
            checks_per_second=self.policy.registry_calls_per_second,
            queries_per_second=3 * self.policy.registry_calls_per_second,
            clock=lambda: self.clock().real,
            sleep=_slept,
            alarm=lambda _provider: None,
        )


async def _slept(_seconds: float) -> None:
    """Wait for a slot; the campaign's business time does not move during calls."""
    await asyncio.sleep(0)


def policy(*, calls_per_second: float) -> OperatorPolicy:
    return OperatorPolicy(5, 365, calls_per_second, builders.ZONE)
