"""The lists of checks that commands make: before a start (`check-config`), and for the operator (`doctor`).

The settings are checked when they are loaded. These checks open what they name; nothing is written.
A process that runs has a list of its own (bootstrap.health), and does not load what only a command needs.
"""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from idvault.core.check import AilmentError, Check, Finding, examine, in_thread
from idvault.core.config import Process, Settings
from idvault.core.db.database import Database
from idvault.core.db.postgresql_connection import Servers
from idvault.processes.bootstrap.base import Clock, Deployment, urls
from idvault.processes.bootstrap.checks import contents, environment, notification
from idvault.processes.witness import cosigner, key
from idvault.processes.witness.cosigner import KeyKindError, StateError
from idvault.processes.witness.key import WitnessKeyFileError
from idvault.sealing.key_set import Holder
from idvault_verify import small_file
from idvault_verify.attest import epoch as statements
from idvault_verify.attest.people import roster_chain
from idvault_verify.attest.reading import RosterError
from idvault_verify.transparency.note import MalformedKeyError, parse_key

DATABASES = "databases"
"""The check without which those that read a database say nothing."""

_HOLDERS = {
    Process.PLATFORM_EDGE: Holder.SERVICE,
    Process.BOTH_EDGES: Holder.SERVICE,
    Process.CUSTODY_EDGE: Holder.CUSTODY,
    Process.WORK: Holder.WORK,
}
_CONTENTS: Mapping[str, Callable[[Deployment], Awaitable[str | None]]] = {
    "roster": contents.check_roster,
    "log": contents.check_log,
    "checkpoint": contents.check_checkpoint,
    "drills": contents.check_drills,
    "hand-over": contents.check_handed_over,
    "erasures": contents.check_erasures,
    "disavowals": contents.check_disavowals,
    "notifications": notification.check_notifications,
    "records": contents.check_records,
}
_SERVERS = {"servers": "IDVAULT_DATABASE_URL", "shred-servers": "IDVAULT_SHRED_DATABASE_URL"}


async def check_config(
    settings: Settings, *, of: Process, clock: Clock, shares_port: bool = False
) -> list[Finding]:
    """Return a finding for each thing that the settings name. of: the process that would start.

    shares_port: it takes over from one that listens on its address.
    """
    if of is Process.NOTICES:
        return await examine(_pairs(settings, clock))
    checks = [*_addresses(settings, of, shares_port=shares_port), *_pairs(settings, clock)]
    if of is Process.WEB:
        return await examine(checks)
    checks.append(in_thread("IDVAULT_KEYS", environment.check_held, settings, _HOLDERS[of]))
    checks.append(in_thread("IDVAULT_ROSTER", contents.check_in_force, settings))
    if of is Process.WORK:
        checks.append(in_thread("IDVAULT_PUBLIC_DIR", environment.check_public, settings))
    async with opened(settings, clock) as deployment:
        return await examine(
            [*checks, Check("IDVAULT_DATABASE_URL", partial(environment.check_databases, deployment))]
        )


async def doctor(settings: Settings, *, of: Process, clock: Clock) -> list[Finding]:
    """Return a finding for each thing that the settings name. of: WEB if they are those of the pages."""
    if of is Process.WEB:
        from idvault.web import edge  # noqa: PLC0415 - the other processes' doctor needs no gRPC

        owners = in_thread("files", environment.check_secrets, settings, "tls_key")
        return await examine(
            [Check("edge", partial(edge.check_target, settings)), owners, *_lasting(settings, clock)]
        )
    async with opened(settings, clock) as deployment:
        return await examine(by_operator(deployment))


def by_operator(deployment: Deployment) -> list[Check]:
    """Return the doctor's checks; what these settings do not name is left to another process's doctor."""
    settings = deployment.settings
    found = [
        Check(DATABASES, partial(environment.check_databases, deployment)),
        *(Check(name, partial(run, deployment), needs=DATABASES) for name, run in _CONTENTS.items()),
        in_thread("disk", environment.check_disks, settings),
        in_thread("files", environment.check_owners, settings),
    ]
    if settings.keys.name and settings.key_passphrase_file.name:
        found.append(in_thread("keys", environment.check_keys, settings))
    if not (deployment.main.is_file and deployment.shred.is_file):
        found.append(
            Check("database-clock", partial(environment.check_database_clocks, deployment), needs=DATABASES)
        )
    for (name, setting), url in zip(_SERVERS.items(), urls(settings), strict=True):
        if (servers := Servers.several(url)) is not None:
            found.append(Check(name, partial(environment.check_servers, servers, setting)))
    found += _lasting(settings, deployment.clock)
    if settings.registry_check_url:
        found.append(Check("registry", partial(environment.check_registry, deployment)))
        found.append(Check("registry-clock", partial(environment.check_registry_clock, deployment)))
    if settings.registry_enterprise_url:
        found.append(Check("registry-enterprise", partial(environment.check_enterprise, deployment)))
    if settings.witnesses:
        found.append(Check("witness", partial(contents.check_witnesses, deployment), needs=DATABASES))
    return found


def _addresses(settings: Settings, of: Process, *, shares_port: bool) -> list[Check]:
    found = {} if of is Process.WORK or shares_port else {"IDVAULT_LISTEN": settings.addresses}
    found["IDVAULT_METRICS_LISTEN"] = (settings.metrics_listen,)
    return [
        Check(name, partial(environment.check_free, name, addresses)) for name, addresses in found.items()
    ]


def _pairs(settings: Settings, clock: Clock) -> list[Check]:
    """Return the checks of certificates before a start: each with its key, and the authority."""
    pairs = {
        "IDVAULT_TLS_": (settings.tls_certificate, settings.tls_key),
        "IDVAULT_WEB_TLS_": (settings.web_tls_certificate, settings.web_tls_key),
    }
    now = clock().real
    found = [
        in_thread(f"{name}CERTIFICATE", environment.check_pair, *pair, f"{name}KEY", now)
        for name, pair in pairs.items()
        if pair[0].name or pair[1].name
    ]
    if settings.tls_ca.name:
        found.append(in_thread("IDVAULT_TLS_CA", environment.check_valid, settings.tls_ca, now))
    return found


def _lasting(settings: Settings, clock: Clock) -> list[Check]:
    """Return the operator's checks of certificates."""
    return [
        in_thread(
            name.replace("_", "-"), environment.check_lasting, path, f"IDVAULT_{name.upper()}", clock().real
        )
        for name, path in settings.certificates.items()
    ]


@asynccontextmanager
async def opened(settings: Settings, clock: Clock) -> AsyncIterator[Deployment]:
    """Open both databases for one look at them."""
    # No patience: each of five checks would wait in turn for a database that does not answer.
    main, shred = (Database(url=url, pool_size=1, patience=0) for url in urls(settings))
    try:
        yield Deployment(settings=settings, clock=clock, main=main, shred=shred)
    finally:
        await main.close()
        await shred.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessOptions:
    """The options of `idvault witness`, None for one that is not given.

    addresses: HOST:PORT, by the option that names it. announces, retires: whether its key gets a successor.
    """

    state: Path | None
    log_keys: Sequence[str]
    name: str | None
    addresses: Mapping[str, str | None]
    tls_certificate: Path | None
    tls_key: Path | None
    epoch: Path | None
    roster: Path | None
    announces: bool
    retires: bool

    def named(self) -> list[str]:
        """Return the options that are given."""
        given = {
            "--state": self.state, "--log-key": self.log_keys, "--name": self.name, **self.addresses,
            "--tls-certificate": self.tls_certificate, "--tls-key": self.tls_key,
            "--epoch": self.epoch, "--roster": self.roster,
            "--next-key": self.announces, "--retire-key": self.retires,
        }  # fmt: skip
        return [name for name, value in given.items() if value]


async def check_witness(options: WitnessOptions, *, clock: Clock) -> list[Finding]:
    """Return a finding for each option that has something to refuse."""
    addresses = {name: address for name, address in options.addresses.items() if address}
    folder = options.state or Path()
    checks = [
        *(
            Check(name, partial(environment.check_free, name, (address,)))
            for name, address in addresses.items()
        ),
        in_thread("--tls-certificate", _check_tls, options, clock),
        in_thread("--log-key", _check_log_keys, options.log_keys),
        in_thread("--state", _check_state, folder),
        in_thread("--name", _check_name, folder, options.name),
    ]
    if options.epoch is not None:
        checks.append(in_thread("--epoch", _check_epoch, options.epoch, options.roster))
    if options.retires:
        checks.append(in_thread("--retire-key", _check_retired, folder))
    return await examine(checks)


async def check_ready_file(path: Path) -> list[Finding]:
    """Return a finding for the file that a process writes once it serves."""
    return await examine([in_thread("--ready-file", _check_ready, path)])


def _check_ready(path: Path) -> None:
    if not os.access(path.absolute().parent, os.W_OK | os.X_OK):
        raise AilmentError("is not in a folder that this user may write to")


def _check_tls(options: WitnessOptions, clock: Clock) -> None:
    certificate, private = options.tls_certificate, options.tls_key
    if certificate is None and private is None:
        return
    if certificate is None or private is None:
        raise AilmentError("and --tls-key belong together")
    environment.check_pair(certificate, private, "--tls-key", clock().real)


def _check_log_keys(texts: Sequence[str]) -> None:
    if not texts:
        raise AilmentError("is missing: the public key of the log, as printed by `keys init`")
    try:
        cosigner.known_logs([parse_key(text) for text in texts])
    except (MalformedKeyError, KeyKindError) as error:
        raise AilmentError(f"cannot be used: {error}") from error


def _check_state(folder: Path) -> None:
    try:
        cosigner.examine_state(folder)
    except StateError as error:
        raise AilmentError(str(error)) from error
    except OSError as error:
        raise AilmentError(f"cannot be read: {error.strerror}") from error


def _check_epoch(path: Path, roster: Path | None) -> None:
    if roster is None:
        raise AilmentError("needs --roster: the custodians in it sign the statement")
    try:
        roster_chain.load_all(roster)
        statements.parse_any(small_file.read(path, limit=statements.MOST_BYTES))
    except RosterError as error:
        raise AilmentError(f"cannot be followed with --roster: {error}") from error
    except OSError as error:
        raise AilmentError(f"or --roster cannot be read: {error.strerror}") from error


def _check_retired(folder: Path) -> None:
    if not (folder / key.NEXT_FILE).exists():
        raise AilmentError("finds no key in the place of this one: announce it with --next-key first")


def _check_name(folder: Path, name: str | None) -> None:
    try:
        key.examine(folder / key.FILE, name=name)
    except WitnessKeyFileError as error:
        raise AilmentError(f"cannot be used: {error}") from error
    except OSError as error:
        raise AilmentError(f"cannot be compared with the key: {error.strerror}") from error
