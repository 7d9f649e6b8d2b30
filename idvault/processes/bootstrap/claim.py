"""Builds the settlement of claims for the edge and the worker: registries, sealing, stores and flows."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import tzinfo
from random import SystemRandom
from time import monotonic, perf_counter
from typing import Any

from idvault.claim.acts.settlement import BacklogFlow, SettlementFlow
from idvault.claim.acts.verification import VerificationFlow
from idvault.claim.job.ports import JobStore
from idvault.claim.job.store import SqlJobStore
from idvault.claim.ports import Claim, VerificationStore
from idvault.claim.rules import ClaimRules
from idvault.claim.store.store import SqlVerificationStore
from idvault.core.entropy import Entropy
from idvault.core.policy import OperatorPolicy, PublicAccountLimits
from idvault.core.request import Fingerprinter
from idvault.core.telemetry.logs import log
from idvault.core.telemetry.metrics import Metrics
from idvault.key.store.version import SqlDayKeyStore, SqlShredStore
from idvault.log.acts.guard import LogGuard
from idvault.people.acts import RosterHolder
from idvault.processes.bootstrap.base import ENTROPY, Base
from idvault.registry.absent import AbsentRegistry
from idvault.registry.budget import BudgetedRegistry
from idvault.registry.enterprise import EnterpriseRegistry
from idvault.registry.guarded import GuardedRegistry
from idvault.registry.nppa import NppaRegistry
from idvault.registry.nppa_wire import Credentials
from idvault.registry.ports import CappedRegistry, Registry, RegistryLimits
from idvault.registry.withheld import PacedRegistry, WithheldRegistry
from idvault.sealing.intake import DayIntakeSealer
from idvault.sealing.ports import Indexer, IntakeOpener, IntakeSealer, PairMarker, RecordSealer
from idvault.sealing.record import QuorumRecordSealer
from idvault.verify.account import SubjectKind
from idvault.verify.claim import kind_of
from idvault.verify.document import DocumentType
from idvault.verify.record import SealedRecord
from idvault.verify.registry import RegistryAnswer, pace

_NPPA, _ENTERPRISE = "nppa", "enterprise"
# The registry allows three times as many queries as checks.
_QUERIES_PER_CHECK = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimFlows:
    """The flows of claims over one set of ports; production and tests differ only in the ports."""

    store: VerificationStore
    jobs: JobStore
    settlement: SettlementFlow
    guard: LogGuard
    entropy: Entropy
    policy: OperatorPolicy

    def verification(
        self, *, indexer: Indexer, marker: PairMarker, fingerprinter: Fingerprinter
    ) -> VerificationFlow:
        """Return the edge's flow."""
        return VerificationFlow(
            store=self.store,
            jobs=self.jobs,
            settlement=self.settlement,
            indexer=indexer,
            marker=marker,
            fingerprinter=fingerprinter,
            guard=self.guard,
            entropy=self.entropy,
            policy=self.policy,
        )

    def backlog(self, *, opener: IntakeOpener) -> BacklogFlow:
        """Return the worker's flow for waiting claims."""
        return BacklogFlow(
            store=self.store,
            jobs=self.jobs,
            settlement=self.settlement,
            opener=opener,
            guard=self.guard,
            entropy=self.entropy,
        )


def wire_claims(
    *,
    store: VerificationStore,
    jobs: JobStore,
    registries: Mapping[SubjectKind, CappedRegistry],
    withheld: Mapping[SubjectKind, CappedRegistry],
    record_sealer: RecordSealer,
    intake_sealer: IntakeSealer,
    guard: LogGuard,
    entropy: Entropy,
    policy: OperatorPolicy,
    on_settled: Callable[[Claim], None],
) -> ClaimFlows:
    """Connect settlement to its ports; the result makes the other flows."""
    settlement = SettlementFlow(
        store=store,
        jobs=jobs,
        registries=registries,
        withheld=withheld,
        record_sealer=record_sealer,
        intake_sealer=intake_sealer,
        entropy=entropy,
        policy=policy,
        on_settled=on_settled,
    )
    return ClaimFlows(
        store=store, jobs=jobs, settlement=settlement, guard=guard, entropy=entropy, policy=policy
    )


@dataclass(frozen=True, slots=True)
class BuiltClaims:
    """The settlement of claims as built for one process."""

    policy: OperatorPolicy
    rules: ClaimRules
    jobs: SqlJobStore
    flows: ClaimFlows


@dataclass(kw_only=True, eq=False, repr=False)
class _MeasuredSealer:
    """Measures how long sealing takes."""

    inner: RecordSealer
    metrics: Metrics

    async def seal(self, **what: Any) -> SealedRecord:
        begun = perf_counter()
        record = await self.inner.seal(**what)
        self.metrics.sealed(seconds=perf_counter() - begun)
        return record


async def build_claims(
    stack: AsyncExitStack, base: Base, rosters: RosterHolder, *, guard: LogGuard
) -> BuiltClaims:
    """Build registries, stores and flows; the stack closes what must be closed."""
    settings = base.settings
    policy = OperatorPolicy(
        accounts_per_person=settings.accounts_per_person,
        verification_days=settings.verification_days,
        registry_calls_per_second=pace(settings.registry_calls_per_second),
        zone=settings.zone,
        credentials_per_day=settings.credentials_per_day,
        rejected_days=settings.rejected_account_days,
        public_accounts=PublicAccountLimits(
            individual=settings.public_accounts_per_individual,
            organization=settings.public_accounts_per_organization,
            days=settings.public_account_days,
        ),
    )
    registries = {
        kind: PacedRegistry(inner=one, clock=monotonic) for kind, one in _registries(stack, base).items()
    }
    jobs = SqlJobStore(database=base.main)
    sealer = QuorumRecordSealer(
        quorum=lambda: rosters.quorum, shred_store=SqlShredStore(database=base.shred), entropy=ENTROPY
    )
    flows = wire_claims(
        store=SqlVerificationStore(database=base.main),
        jobs=jobs,
        registries=registries,
        withheld={
            kind: WithheldRegistry(paced=one, sleep=asyncio.sleep, choose=SystemRandom().choice)
            for kind, one in registries.items()
        },
        record_sealer=_MeasuredSealer(inner=sealer, metrics=base.metrics),
        intake_sealer=DayIntakeSealer(store=SqlDayKeyStore(database=base.main)),
        guard=guard,
        entropy=ENTROPY,
        policy=policy,
        on_settled=lambda claim: base.metrics.claim_settled(outcome=_outcome(claim)),
    )
    return BuiltClaims(policy, _rules(registries, settings.zone), jobs, flows)


def _rules(registries: Mapping[SubjectKind, RegistryLimits], zone: tzinfo) -> ClaimRules:
    people, organizations = registries[SubjectKind.INDIVIDUAL], registries[SubjectKind.ORGANIZATION]
    return ClaimRules(
        name_limit=people.name_limit,
        organization_name_limit=organizations.name_limit,
        document_types=people.document_types | organizations.document_types,
        zone=zone,
    )


def _registries(stack: AsyncExitStack, base: Base) -> Mapping[SubjectKind, CappedRegistry]:
    settings = base.settings
    types = {DocumentType(name) for name in settings.document_types}
    credentials = Credentials(
        settings.registry_app_id, settings.registry_biz_id, settings.registry_secret_key()
    )
    nppa = NppaRegistry(
        check_base=settings.registry_check_url,
        query_base=settings.registry_query_url,
        credentials=credentials,
        clock=base.real_now,
        document_types=frozenset(each for each in types if kind_of(each) is SubjectKind.INDIVIDUAL),
        development=settings.development,
    )
    stack.push_async_callback(nppa.close)
    return {
        SubjectKind.INDIVIDUAL: _careful(base, nppa, provider=_NPPA),
        SubjectKind.ORGANIZATION: _enterprise(stack, base, credentials),
    }


def _enterprise(stack: AsyncExitStack, base: Base, credentials: Credentials) -> CappedRegistry:
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
    return _careful(base, enterprise, provider=_ENTERPRISE)


def _careful(base: Base, registry: Registry, *, provider: str) -> CappedRegistry:
    """Return a registry with its guard, and with the rate cap that all processes share."""

    def observe(provider: str, outcome: str, seconds: float) -> None:
        base.metrics.registry_call(provider=provider, outcome=outcome, seconds=seconds)
        if base.traces is not None:
            base.traces.done(f"registry {provider}", seconds=seconds, outcome=outcome)

    guarded = GuardedRegistry(
        inner=registry,
        provider=provider,
        clock=base.real_now,
        observe=observe,
        alarm=lambda provider: log().error("registry_refuses_us", provider=provider),
    )
    base.metrics.registry(provider=provider, outcomes=RegistryAnswer)
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


def _outcome(claim: Claim) -> str:
    return claim.failure_reason.value if claim.failure_reason else claim.state.value
