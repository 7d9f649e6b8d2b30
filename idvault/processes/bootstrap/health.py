"""Whether a running process is ready: its checks, made every two seconds, and the figures of its files.

- A check that does not end in five seconds has failed.
- Both databases must answer, and the log must accept entries.
- The clock must agree with the database's and the registry's.
- The key file must be there and open, and the roster file must verify. The roster in force must be the newest
  that the database has adopted.
- A registry or a witness that is away is no reason: sign-ups wait, and openings do.

A text is shown to whoever reaches the port: it has no path, and of a key file no cause.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from idvault.core.check import AilmentError, Check, within
from idvault.core.telemetry import watching
from idvault.core.telemetry.port import serve_metrics
from idvault.key.acts.version import announced as announced_versions
from idvault.log.acts.stored_log import LogGuard
from idvault.people import store as people_store
from idvault.processes.bootstrap.base import Base
from idvault.processes.bootstrap.checks import environment
from idvault.processes.bootstrap.checks.environment import RegistryClock
from idvault.processes.bootstrap.vault import guard_of
from idvault.processes.bootstrap.vitals import set_vitals
from idvault.sealing import key_version as rules
from idvault.sealing.key_version import HeldKey, KeyBehindError, KeyConflictError
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.people.roster_chain import WatchedChain
from idvault_verify.attest.reading import RosterError
from idvault_verify.error import Reason, UnavailableError


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
    checks = [within(check) for check in ready_checks(base, roster)]
    watching.watch(stack, base.metrics.health, checks, partial(set_vitals, base), tell=tell)


def ready_checks(base: Base, roster: Callable[[], Roster]) -> list[Check]:
    """Return the checks of a process. roster: the version in force."""
    checks = [
        Check("databases", partial(environment.check_served, base)),
        Check("log", partial(_check_accepting, guard_of(base), base)),
        Check("database-clock", partial(environment.check_database_clocks, base)),
        Check("keys", _KeyFile(base).check),
        Check("roster", _roster_check(base, roster)),
    ]
    if base.settings.registry_check_url:
        clock = RegistryClock(ask=partial(environment.registry_time, base.settings.registry_check_url))
        checks.append(Check("registry-clock", lambda: clock.check(now=base.real_now())))
    return checks


async def _check_accepting(guard: LogGuard, base: Base) -> None:
    try:
        await guard.check(now=base.clock())
    except UnavailableError as error:
        if error.reason is Reason.LOG_UNAVAILABLE:
            text = "entries wait for more than a minute: is `idvault work` running?"
            raise AilmentError(text) from error


@dataclass(eq=False, repr=False)
class _KeyFile:
    """The process's key file, opened again only if it has changed: that takes a tenth of a second."""

    base: Base
    _seen: tuple[int, ...] | None = field(default=None, init=False)
    _held: list[HeldKey] = field(default_factory=list, init=False)

    async def check(self) -> None:
        """Raise AilmentError unless the file is there, opens, and has the keys that were announced."""
        found = _state(self.base.settings.keys)
        if found != self._seen:
            otherwise = "the file in IDVAULT_KEYS does not open: `idvault doctor` says why"
            keys = await asyncio.to_thread(environment.open_keys, self.base.settings, otherwise)
            self._held, self._seen = keys.last_held(), found
        try:
            announced = await announced_versions(self.base.main)
            rules.check(announced=announced, held=self._held)
            rules.check_current(announced=announced, held=self._held, now=self.base.real_now())
        except (KeyConflictError, KeyBehindError) as error:
            raise AilmentError(f"{error}: copy the file in IDVAULT_KEYS from where it is newer") from error
        except UnavailableError:
            return  # the check of the databases says so


def _state(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
        with path.open("rb"):
            return found.st_ino, found.st_mtime_ns, found.st_size, found.st_mode
    except OSError as error:
        raise AilmentError("the file in IDVAULT_KEYS cannot be read") from error


@dataclass(kw_only=True, eq=False, repr=False)
class RosterAge:
    """Compares the roster in force with the newest one of the database, over two looks.

    A new version is in the database shortly before a process follows it.
    """

    in_force: Callable[[], tuple[int, str]]
    _missed: tuple[int, str] | None = field(default=None, init=False)

    def check(self, newest: tuple[int, str] | None) -> None:
        """Raise AilmentError if this version was missed at the last look, too."""
        missed = newest if newest is not None and newest != self.in_force() else None
        before, self._missed = self._missed, missed
        if missed is not None and missed == before:
            raise AilmentError(
                f"version {missed[0]} of the roster is in the database and not in force here: see "
                "roster_refused in this process's logs"
            )


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
            newest = await base.main.one("roster.newest", people_store.NEWEST)
            age.check(newest)
        except UnavailableError:
            return  # the check of the databases says so

    return check
