"""The base of every process: databases, clock, metrics, logs, keys, and the operator's policies."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from idvault.core.config import Settings
from idvault.core.config.traces import collector
from idvault.core.db.database import Database
from idvault.core.policy import OperatorPolicy, PublicAccountLimits, TipOffPolicy
from idvault.core.telemetry.logs import Logs
from idvault.core.telemetry.metrics import Metrics
from idvault.core.telemetry.traces import Traces, open_traces
from idvault.core.telemetry.watching import cancel
from idvault.core.usage import UsageCounts
from idvault.processes import migrations
from idvault.processes.deployment import acts as deployment
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Holder
from idvault.sealing.pkcs11_lock import HardwareModule
from idvault_verify.clock import ClockReading
from idvault_verify.registry import pace

Clock = Callable[[], ClockReading]
_TRACES_GRACE = 2.0
Ready = Callable[[Mapping[str, Any]], None]


class SystemEntropy:
    """The operating system's randomness (core.entropy.Entropy)."""

    def random(self, size: int) -> bytes:
        """Return size bytes of os.urandom."""
        return os.urandom(size)


ENTROPY = SystemEntropy()
DATABASES = ("main", "shred")
"""The names of a deployment's databases, in the order of `urls`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """What checks look at: both databases, with the settings and the clock of whoever looks."""

    settings: Settings
    clock: Clock
    main: Database
    shred: Database

    def real_now(self) -> datetime:
        """Return the real time."""
        return self.clock().real


@dataclass(frozen=True, slots=True, kw_only=True)
class Base(Deployment):
    """What every long-running process has."""

    metrics: Metrics
    logs: Logs
    usage: UsageCounts = field(default_factory=lambda: UsageCounts(UTC, time.time))
    traces: Traces | None = None


@asynccontextmanager
async def open_base(settings: Settings, clock: Clock, *, process: str) -> AsyncIterator[Base]:
    """Open the base after checking that both databases have this version's schema and one deployment id."""
    logs = Logs(process=process, path=None).install()
    flushing = asyncio.create_task(logs.access.run())
    metrics, traces = Metrics(), _traces(process)
    main, shred = (
        Database(url=url, name=name, observe=_observer(metrics, traces))
        for name, url in zip(DATABASES, urls(settings), strict=True)
    )
    try:
        await migrations.check_current(*urls(settings))
        await deployment.check(main, shred)
        yield Base(
            settings=settings,
            clock=clock,
            metrics=metrics,
            logs=logs,
            usage=UsageCounts(settings.zone, time.time),
            main=main,
            shred=shred,
            traces=traces,
        )
    finally:
        await _close(traces)
        await main.close()
        await shred.close()
        await cancel(flushing)
        logs.close()


def _traces(process: str) -> Traces | None:
    found = collector(os.environ)
    return open_traces(process=process, endpoint=found.endpoint, ratio=found.ratio) if found else None


async def _close(traces: Traces | None) -> None:
    if traces is not None:
        # A collector that is away must not delay a stop.
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.to_thread(traces.close), _TRACES_GRACE)


def _observer(metrics: Metrics, traces: Traces | None) -> Callable[[str, float], None]:
    """Return what a database tells of each act."""
    if traces is None:
        return lambda act, seconds: metrics.database_seconds.observe(seconds, act)

    def observe(act: str, seconds: float) -> None:
        metrics.database_seconds.observe(seconds, act)
        traces.done(f"act {act}", seconds=seconds)

    return observe


def load_keys(settings: Settings) -> LocalKeyProvider:
    """Return the keys in this process's key file."""
    return LocalKeyProvider.load(
        settings.keys, passphrase=settings.passphrase, entropy=ENTROPY, module=module_of(settings)
    )


def module_of(settings: Settings) -> HardwareModule | None:
    """Return the hardware module of the key files, None if none is set."""
    named = settings.hardware
    return HardwareModule(named.module, named.token, named.object) if named else None


def load_keys_of(settings: Settings, holder: Holder) -> LocalKeyProvider:
    """Return the keys in another process's file, which is beside IDVAULT_KEYS."""
    return LocalKeyProvider.load(
        settings.keys.with_name(f"{holder.value}.keys"),
        passphrase=lambda: settings.passphrase(holder.value),
        entropy=ENTROPY,
        module=module_of(settings),
    )


def load_custody_keys(settings: Settings, *, alone: bool) -> LocalKeyProvider:
    """Return the custody edge's keys; if one process serves both edges, their file is beside IDVAULT_KEYS."""
    return load_keys(settings) if alone else load_keys_of(settings, Holder.CUSTODY)


@asynccontextmanager
async def open_pair(addresses: tuple[str, str]) -> AsyncIterator[tuple[Database, Database]]:
    """Open a main and a shred database for a command."""
    main, shred = (
        Database(url=url, name=name, pool_size=1) for name, url in zip(DATABASES, addresses, strict=True)
    )
    try:
        yield main, shred
    finally:
        await main.close()
        await shred.close()


def urls(settings: Settings) -> tuple[str, str]:
    """Return the URLs of the main and the shred database."""
    return settings.database_url.get_secret_value(), settings.shred_database_url.get_secret_value()


def operator_policy(settings: Settings) -> OperatorPolicy:
    """Return the operator's settings of accounts and claims."""
    return OperatorPolicy(
        accounts_per_person=settings.accounts_per_person,
        verification_days=settings.verification_days,
        registry_calls_per_second=pace(settings.registry_calls_per_second),
        zone=settings.zone,
        credentials_per_day=settings.credentials_per_day,
        public_accounts=PublicAccountLimits(
            individual=settings.public_accounts_per_individual,
            organization=settings.public_accounts_per_organization,
            days=settings.public_account_days,
        ),
    )


def tip_off_policy(settings: Settings) -> TipOffPolicy:
    """Return the operator's settings of reports."""
    return TipOffPolicy(settings.zone, reports_per_day=settings.tip_offs_per_day)
