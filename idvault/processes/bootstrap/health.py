"""Builds the health of a process: the beat of its event loop, and its readiness checks every two seconds."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

from idvault.core.ailment import AilmentError
from idvault.core.db.database import Database, SqlServerClock
from idvault.core.telemetry import watching
from idvault.core.telemetry.port import serve_metrics
from idvault.key.acts.version import announced as announced_versions
from idvault.people import store as people_store
from idvault.processes import migrations, readiness
from idvault.processes.bootstrap.base import Base, load_keys, urls
from idvault.processes.bootstrap.vault import guard_of
from idvault.processes.bootstrap.vitals import watch_vitals
from idvault.processes.deployment import acts as deployment
from idvault.processes.doctor import Check
from idvault.processes.migrations.branch import SchemaError
from idvault.processes.readiness import RegistryClock, RosterAge
from idvault.registry import probe
from idvault.registry.probe import UnreachedError
from idvault.sealing import key_version as rules
from idvault.sealing.key_provider import KeyFileError
from idvault.sealing.key_version import HeldKey, KeyBehindError, KeyConflictError
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.people.roster_chain import WatchedChain
from idvault_verify.attest.reading import RosterError
from idvault_verify.error import IdvaultError, Reason, UnavailableError

_REGISTRY_PATIENCE = 2.0


def open_port(stack: AsyncExitStack, base: Base) -> str:
    """Serve metrics and health until the stack closes; return the URL of the metrics.

    Opened first and closed last, so that it tells that the process starts, and that it stops.
    """
    server = serve_metrics(base.metrics, listen=base.settings.metrics_listen)
    stack.callback(server.close)
    return server.url


def watch_health(
    stack: AsyncExitStack,
    base: Base,
    roster: Callable[[], Roster],
    *,
    tell: Callable[[bool], Awaitable[None]] = watching.ignore,
) -> None:
    """Look every two seconds whether the process is ready, and set the figures of its files every minute.

    tell: receives the result of each look.
    """
    watch_vitals(stack, base)
    look = partial(readiness.look, ready_checks(base, roster))
    following = watching.follow(base.metrics.health, look, tell=tell)
    stack.push_async_callback(watching.cancel, asyncio.create_task(following))


def ready_checks(base: Base, roster: Callable[[], Roster]) -> list[Check]:
    """Return the checks of a process. roster: the version in force."""
    guard = guard_of(base)
    checks = [
        Check("databases", partial(_check_databases, base)),
        Check("log", lambda: _refused(guard.check(now=base.clock()))),
        Check("clock", partial(_check_clocks, base)),
        Check("keys", _KeyFile(base).check),
        Check("roster", _roster_check(base, roster)),
    ]
    if base.settings.registry_check_url:
        registry = RegistryClock(ask=partial(_registry_time, base.settings.registry_check_url))
        checks.append(Check("registry-clock", lambda: registry.check(now=base.real_now())))
    return checks


async def _refused(check: Awaitable[None]) -> None:
    try:
        await check
    except UnavailableError as error:
        if error.reason is Reason.LOG_UNAVAILABLE:
            text = "entries wait for more than a minute: is `idvault work` running?"
            raise AilmentError(text) from error


async def _check_databases(base: Base) -> None:
    try:
        await deployment.check(base.main, base.shred)
        await migrations.check_served(base.main, base.shred)
    except UnavailableError as error:
        raise AilmentError("a database does not answer") from error
    except SchemaError as error:
        raise AilmentError(str(error)) from error


async def _check_clocks(base: Base) -> None:
    for database, url in zip((base.main, base.shred), urls(base.settings), strict=True):
        theirs = await _server_time(database, url)
        readiness.check_clock(whose="database", theirs=theirs, now=base.real_now())


async def _server_time(database: Database, url: str) -> datetime | None:
    try:
        return await SqlServerClock(database=database, url=url).read()
    except IdvaultError:
        return None  # the check of the databases says so


async def _registry_time(url: str) -> datetime | None:
    try:
        return await probe.ask(url, patience=_REGISTRY_PATIENCE)
    except UnreachedError:
        return None


@dataclass(eq=False, repr=False)
class _KeyFile:
    """The process's key file, opened again only if it has changed: that takes a tenth of a second."""

    base: Base
    _seen: tuple[int, ...] | None = field(default=None, init=False)
    _held: list[HeldKey] = field(default_factory=list, init=False)

    async def check(self) -> None:
        """Raise AilmentError unless the file is there and opens."""
        found = _state(self.base.settings.keys)
        if found != self._seen:
            self._held = await self._open()
            self._seen = found
        try:
            announced = await announced_versions(self.base.main)
            rules.check(announced=announced, held=self._held)
            rules.check_current(announced=announced, held=self._held, now=self.base.real_now())
        except (KeyConflictError, KeyBehindError) as error:
            raise AilmentError(f"{error}: copy the file in IDVAULT_KEYS from where it is newer") from error
        except UnavailableError:
            return  # the check of the databases says so

    async def _open(self) -> list[HeldKey]:
        try:
            keys = await asyncio.to_thread(load_keys, self.base.settings)
            return await keys.held()
        except KeyFileError as error:
            # The error's own text has the path; this one is shown to whoever reaches the port.
            raise AilmentError("the file in IDVAULT_KEYS does not open: `idvault doctor` says why") from error
        except OSError as error:
            raise AilmentError("the file in IDVAULT_KEY_PASSPHRASE_FILE cannot be read") from error


def _state(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
        with path.open("rb"):
            return found.st_ino, found.st_mtime_ns, found.st_size, found.st_mode
    except OSError as error:
        raise AilmentError("the file in IDVAULT_KEYS cannot be read") from error


def _roster_check(base: Base, roster: Callable[[], Roster]) -> Callable[[], Awaitable[None]]:
    chain = WatchedChain(base.settings.roster)
    digests: dict[int, str] = {}

    def in_force() -> tuple[int, str]:
        found = roster()
        # An adopted version never changes, and a digest takes milliseconds.
        if found.version not in digests:
            digests[found.version] = found.digest()
        return found.version, digests[found.version]

    age = RosterAge(in_force=in_force)

    async def check() -> None:
        try:
            chain()
        except (RosterError, OSError) as error:
            raise AilmentError(f"the file in IDVAULT_ROSTER does not verify: {error}") from error
        try:
            adopted = await base.main.one("roster.newest", people_store.NEWEST)
            age.check(adopted)
        except UnavailableError:
            return  # the check of the databases says so

    return check
