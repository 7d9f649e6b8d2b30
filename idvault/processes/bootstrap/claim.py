"""Builds the settlement of claims, for the edge and the worker: registries, and sealing."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from random import SystemRandom
from time import monotonic, perf_counter
from typing import Any

from idvault.claim.acts.registry_check import SettlementContext
from idvault.claim.rules import Claim, ClaimRules
from idvault.core.config import Settings
from idvault.core.policy import OperatorPolicy
from idvault.core.telemetry.logs import describe, log
from idvault.core.telemetry.metrics import Metrics
from idvault.core.usage import CHARGED, CLAIMS
from idvault.key.acts.version import DayKeys, ShredKeys
from idvault.people.acts import RosterHolder
from idvault.processes.bootstrap.base import ENTROPY, Base
from idvault.processes.bootstrap.key.version import follow_every
from idvault.registry.absent import AbsentRegistry
from idvault.registry.enterprise import EnterpriseRegistry
from idvault.registry.nppa import Credentials, NppaRegistry, NppaWireError
from idvault.registry.ports import CappedRegistry, Registry
from idvault.registry.wrapped import BudgetedRegistry, GuardedRegistry, TimedRegistry, WithheldRegistry
from idvault.sealing.identity import QuorumRecordSealer
from idvault.sealing.intake import DayIntakeSealer
from idvault.sealing.ports import RecordSealer
from idvault_verify.account import SubjectKind
from idvault_verify.claim import kind_of
from idvault_verify.document import DocumentType
from idvault_verify.record import SealedRecord
from idvault_verify.registry import RegistryAnswer, pace

_NPPA, _ENTERPRISE = "nppa", "enterprise"
# The registry allows three times as many queries as checks.
_QUERIES_PER_CHECK = 3


@dataclass(kw_only=True, eq=False, repr=False)
class _MeasuredSealer:
    """Measures how long sealing takes."""

    inner: RecordSealer
    metrics: Metrics

    async def seal(self, **what: Any) -> SealedRecord:
        begun = perf_counter()
        record = await self.inner.seal(**what)
        self.metrics.seal_seconds.observe(perf_counter() - begun)
        return record


@dataclass(kw_only=True, eq=False, repr=False)
class RegistryKeyFile:
    """The file with the registry's secret key, which its operator renews: the former key is valid for days.

    users: get the credentials when they have changed. A file that cannot be used changes nothing, and is told
    once.
    """

    settings: Settings
    users: list[Callable[[Credentials], None]] = field(default_factory=list)
    _text: str = field(default="", init=False)

    def read(self) -> Credentials:
        """Return the credentials of now; raises NppaWireError and OSError."""
        self._text = self.settings.registry_secret_key()
        return Credentials(self.settings.registry_app_id, self.settings.registry_biz_id, self._text)

    async def follow(self) -> None:
        """Use what has changed."""
        before, self._text = self._text, ""
        try:
            credentials = await asyncio.to_thread(self.read)
        except (NppaWireError, OSError, UnicodeDecodeError) as error:
            if self._text != before:
                log().error("registry_key_refused", **describe(error))
            return
        if self._text != before:
            for use in self.users:
                use(credentials)
            log().info("registry_key_replaced")


def settlement_context(
    stack: AsyncExitStack, base: Base, rosters: RosterHolder, policy: OperatorPolicy
) -> SettlementContext:
    """Return what settling needs beside the vault; the stack closes the registries."""
    registries = {
        kind: TimedRegistry(inner=one, clock=monotonic) for kind, one in _registries(stack, base).items()
    }
    sealer = QuorumRecordSealer(
        quorum=lambda: rosters.quorum, shred_store=ShredKeys(base.shred), entropy=ENTROPY
    )
    return SettlementContext(
        registries=registries,
        withheld={
            kind: WithheldRegistry(timed=one, sleep=asyncio.sleep, choose=SystemRandom().choice)
            for kind, one in registries.items()
        },
        record_sealer=_MeasuredSealer(inner=sealer, metrics=base.metrics),
        intake_sealer=DayIntakeSealer(store=DayKeys(base.main)),
        policy=policy,
        on_settled=lambda claim: _count(base, claim),
        on_charged=lambda party: _charge(base, party),
    )


def claim_rules(settlement: SettlementContext) -> ClaimRules:
    """Return what the registries of a deployment accept."""
    people, organizations = (
        settlement.registries[kind] for kind in (SubjectKind.INDIVIDUAL, SubjectKind.ORGANIZATION)
    )
    return ClaimRules(
        name_limit=people.name_limit,
        organization_name_limit=organizations.name_limit,
        document_types=people.document_types | organizations.document_types,
        zone=settlement.policy.zone,
    )


def _registries(stack: AsyncExitStack, base: Base) -> Mapping[SubjectKind, CappedRegistry]:
    settings = base.settings
    types = {DocumentType(name) for name in settings.document_types}
    secret = RegistryKeyFile(settings=settings)
    credentials = secret.read()
    nppa = NppaRegistry(
        check_base=settings.registry_check_url,
        query_base=settings.registry_query_url,
        credentials=credentials,
        clock=base.real_now,
        document_types=frozenset(each for each in types if kind_of(each) is SubjectKind.INDIVIDUAL),
        development=settings.development,
    )
    stack.push_async_callback(nppa.close)
    secret.users.append(nppa.use)
    found = {
        SubjectKind.INDIVIDUAL: _careful(base, nppa, provider=_NPPA),
        SubjectKind.ORGANIZATION: _enterprise(stack, base, credentials, secret),
    }
    follow_every(stack, secret.follow)
    return found


def _enterprise(
    stack: AsyncExitStack, base: Base, credentials: Credentials, file: RegistryKeyFile
) -> CappedRegistry:
    settings = base.settings
    if not settings.registry_enterprise_url:
        return AbsentRegistry()
    enterprise = EnterpriseRegistry(
        base=settings.registry_enterprise_url,
        credentials=credentials,
        clock=base.real_now,
        development=settings.development,
    )
    stack.push_async_callback(enterprise.close)
    file.users.append(enterprise.use)
    return _careful(base, enterprise, provider=_ENTERPRISE)


def _careful(base: Base, registry: Registry, *, provider: str) -> CappedRegistry:
    """Return a registry with its guard, and with the rate cap that all processes share."""

    def observe(provider: str, outcome: str, seconds: float) -> None:
        base.metrics.registry_calls.add(provider, outcome)
        base.metrics.registry_seconds.observe(seconds)
        if base.traces is not None:
            base.traces.done(f"registry {provider}", seconds=seconds, outcome=outcome)

    guarded = GuardedRegistry(
        inner=registry,
        provider=provider,
        clock=base.real_now,
        observe=observe,
        alarm=lambda provider: log().error("registry_refuses_us", provider=provider),
    )
    for answer in RegistryAnswer:
        base.metrics.registry_calls.expect(provider, answer)
    calls_per_second = pace(base.settings.registry_calls_per_second)
    return BudgetedRegistry(
        inner=guarded,
        provider=provider,
        main=base.main,
        checks_per_second=calls_per_second,
        queries_per_second=calls_per_second * _QUERIES_PER_CHECK,
        clock=base.real_now,
        sleep=asyncio.sleep,
        alarm=lambda provider: log().error("registry_banned", provider=provider),
    )


def _count(base: Base, claim: Claim) -> None:
    outcome = _outcome(claim)
    base.metrics.claims_settled.add(outcome)
    base.usage.add(claim.account.relying_party, CLAIMS + outcome)


def _charge(base: Base, relying_party: str) -> None:
    base.metrics.registry_charged.add()
    base.usage.add(relying_party, CHARGED)


def _outcome(claim: Claim) -> str:
    return claim.failure_reason.value if claim.failure_reason else claim.state.value
