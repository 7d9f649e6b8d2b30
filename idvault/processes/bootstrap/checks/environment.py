"""Checks of what a process needs around it: addresses, files, disks, databases, registries and clocks."""

import os
import shutil
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from idvault.core import process
from idvault.core.certificate_files import SOON
from idvault.core.check import AilmentError
from idvault.core.config import Settings
from idvault.core.db import url as address
from idvault.core.db.database import SqlServerClock
from idvault.core.db.postgresql_connection import Servers
from idvault.core.process import PortBusyError
from idvault.processes import migrations
from idvault.processes.bootstrap import connection_failure
from idvault.processes.bootstrap.base import Deployment, load_keys, urls
from idvault.processes.bootstrap.vitals import places
from idvault.processes.deployment import acts
from idvault.registry import enterprise, nppa, probe
from idvault.registry.probe import NoRegistryError, UnreachedError
from idvault.sealing import key_set
from idvault.sealing.key_provider import KeyFileError, LocalKeyProvider
from idvault.sealing.key_set import Holder
from idvault_verify import small_file
from idvault_verify.attest import expiry
from idvault_verify.attest.certificate import CertificateError
from idvault_verify.error import IdvaultError, PreconditionError, UnavailableError

CLOCK_DIFFERENCE = timedelta(seconds=5)
# An HTTP date has whole seconds only.
_ROUNDING = timedelta(seconds=1)
_REGISTRY_EVERY = timedelta(minutes=1)
_REGISTRY_PATIENCE = 2.0
_LEAST_FREE = 1 << 30
_SETTINGS = {
    "main": "IDVAULT_DATABASE_URL",
    "shred": "IDVAULT_SHRED_DATABASE_URL",
    "public": "IDVAULT_PUBLIC_DIR",
    "backup": "IDVAULT_BACKUP_DIR",
}
_FULL = {
    "main": "acts are refused once it is full",
    "shred": "acts are refused once it is full",
    "public": "nothing new is published once it is full",
    "backup": "the next backup fails",
}
_WORKERS = ", or remove the setting unless these are the worker's settings: only the worker writes there"
_SECRETS = (
    "keys",
    "key_passphrase_file",
    "tls_key",
    "web_tls_key",
    "registry_secret_key_file",
    "holder_provider",
    "result_provider",
)


def check_clock(theirs: datetime | None, now: datetime, *, whose: str, then: str) -> None:
    """Raise AilmentError if a clock is known and differs by more than the registry accepts.

    whose: the clock's owner. then: what follows from the difference.
    """
    if theirs is not None and abs(now - theirs) > CLOCK_DIFFERENCE + _ROUNDING:
        seconds = round((now - theirs).total_seconds())
        raise AilmentError(f"this host's clock differs from the {whose} by {seconds} s{then}")


async def check_free(name: str, addresses: tuple[str, ...]) -> None:
    """Raise AilmentError for an address that cannot be listened on. name: the setting with it."""
    try:
        for each in addresses:
            await process.check_free({name: each})
    except (PortBusyError, OSError) as error:
        raise AilmentError(
            "cannot be listened on: another process has it, or the host is not ours"
        ) from error


def check_pair(certificate: Path, key: Path, key_name: str, now: datetime) -> None:
    """Raise AilmentError unless this is a certificate in its time and its key. key_name: its setting."""
    check_valid(certificate, now)
    try:
        # An encrypted key must not make OpenSSL ask at the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password=lambda: "")
    except (ssl.SSLError, OSError) as error:
        raise AilmentError(f"{key_name} is not the unencrypted private key of this certificate") from error


def check_valid(path: Path, now: datetime) -> None:
    """Raise AilmentError, whose text goes on after the setting's name, for an expired certificate or none."""
    if _end(path, "has no readable certificate in PEM form") <= now:
        raise AilmentError("has expired: get a new one")


def check_lasting(path: Path, setting: str, now: datetime) -> None:
    """Raise AilmentError for a certificate that has expired or expires soon."""
    left = _end(path, f"{setting} has no readable certificate: put one there") - now
    if left <= timedelta(0):
        raise AilmentError(f"the certificate in {setting} has expired: replace it")
    if left < SOON:
        raise AilmentError(f"the certificate in {setting} expires in {left.days} days: get a new one")


def _end(path: Path, otherwise: str) -> datetime:
    try:
        return expiry.earliest_end(small_file.read(path))
    except (CertificateError, OSError) as error:
        raise AilmentError(otherwise) from error


def open_keys(settings: Settings, otherwise: str) -> LocalKeyProvider:
    """Return the keys in the process's file; raises AilmentError. otherwise: the text, {} for the cause."""
    try:
        return load_keys(settings)
    except KeyFileError as error:
        raise AilmentError(otherwise.format(error.why)) from error
    except OSError as error:
        raise AilmentError("the file in IDVAULT_KEY_PASSPHRASE_FILE cannot be read") from error


def check_keys(settings: Settings) -> None:
    """Raise AilmentError unless the key file opens."""
    open_keys(settings, "{}: check IDVAULT_KEYS and IDVAULT_KEY_PASSPHRASE_FILE")


def check_held(settings: Settings, holder: Holder) -> None:
    """Raise AilmentError unless the key file opens and has what this process needs."""
    purposes = open_keys(settings, "cannot be used with IDVAULT_KEY_PASSPHRASE_FILE: {}").purposes
    held = set(purposes) & set(key_set.HOLDINGS[holder])
    if not held:
        raise AilmentError(f"is another process's file: this one needs {holder.value}.keys")
    if missing := sorted(each.value for each in key_set.HOLDINGS[holder] if each not in held):
        raise AilmentError(f"lacks keys for {', '.join(missing)}: run `idvault keys complete`")


def check_public(settings: Settings) -> None:
    """Raise AilmentError unless the worker can write published files, or create their folder."""
    place = settings.public_dir.absolute()
    while not place.exists():
        place = place.parent
    if not (place.is_dir() and os.access(place, os.W_OK)):
        raise AilmentError("is not a folder that this user may write to")


def check_disks(settings: Settings) -> None:
    """Raise AilmentError for each folder that is not there, or whose disk is nearly full."""
    faults = [fault for name, path in places(settings).items() if (fault := _disk_fault(name, path))]
    if faults:
        raise AilmentError("; ".join(faults))


def _disk_fault(name: str, path: Path) -> str:
    try:
        free = shutil.disk_usage(path).free
    except OSError:
        return f"the folder of {_SETTINGS[name]} cannot be read: create it"
    if free >= _LEAST_FREE:
        return ""
    left = f"the disk of {_SETTINGS[name]} has {free // 1_000_000} MB left"
    return f"{left}, and {_FULL[name]}: free some space"


def check_owners(settings: Settings) -> None:
    """Raise AilmentError unless the owner of the key file can use every file of the process.

    Somebody else may run the doctor, such as root, who can read everything.
    """
    check_secrets(settings, "keys")
    if not settings.keys.name or not settings.keys.exists():
        return
    user = settings.keys.stat().st_uid
    for name, path in places(settings).items():
        # The backup's folder belongs to whoever makes backups.
        if name != "backup" and path.exists() and _is_closed(path, user):
            raise _others(f"the folder of {_SETTINGS[name]}", "keys", _WORKERS if name == "public" else "")
    for name, url in zip(("main", "shred"), urls(settings), strict=True):
        file = address.parse(url).file
        if file is not None and file.exists() and _is_closed(file, user):
            raise _others(f"the file of {_SETTINGS[name]}", "keys")


def check_secrets(settings: Settings, of: str) -> None:
    """Raise AilmentError unless all files with secrets have one owner. of: the setting that tells whose."""
    first: Path = getattr(settings, of)
    if not first.name or not first.exists():
        return
    for name in _SECRETS:
        path: Path = getattr(settings, name)
        if path.name and path.exists() and path.stat().st_uid != first.stat().st_uid:
            raise _others(f"the file in IDVAULT_{name.upper()}", of)


def _is_closed(path: Path, user: int) -> bool:
    found = path.stat()
    # A group or everybody who may write is the operator's choice.
    return found.st_uid != user and not found.st_mode & 0o022


def _others(what: str, of: str, otherwise: str = "") -> AilmentError:
    first = f"IDVAULT_{of.upper()}"
    return AilmentError(
        f"{what} belongs to another user than the file in {first}: chown it to that user{otherwise}"
    )


async def check_databases(deployment: Deployment) -> None:
    """Raise AilmentError unless both answer, have this version's schema, and are of one deployment."""
    try:
        await migrations.check_current(*urls(deployment.settings))
        await acts.check(deployment.main, deployment.shred)
    except IdvaultError as error:
        text = str(error)
        if text == error.reason.value:
            text = "; ".join([each async for each in _unreached(deployment)]) or f"{text}: try again"
        raise AilmentError(text) from error


async def _unreached(deployment: Deployment) -> AsyncIterator[str]:
    named = {"IDVAULT_DATABASE_URL": deployment.main, "IDVAULT_SHRED_DATABASE_URL": deployment.shred}
    for setting, database in named.items():
        try:
            await acts.check(database, database)
        except UnavailableError as error:
            yield f"the database of {setting} cannot be used: {connection_failure.why(error)}"
        except IdvaultError:
            continue  # it answers; what it lacks is said by the schema's check


async def check_served(deployment: Deployment) -> None:
    """Raise AilmentError unless both answer, are of one deployment, and still serve this version.

    For a process that runs, which has them open and asks every two seconds: the text names no setting.
    """
    try:
        await acts.check(deployment.main, deployment.shred)
        await migrations.check_served(deployment.main, deployment.shred)
    except UnavailableError as error:
        raise AilmentError("a database does not answer") from error
    except PreconditionError as error:
        raise AilmentError(str(error)) from error


async def check_database_clocks(deployment: Deployment) -> None:
    """Raise AilmentError if this host's clock differs from that of a database's server."""
    pair = (deployment.main, deployment.shred)
    for database, url in zip(pair, urls(deployment.settings), strict=True):
        with suppress(UnavailableError):  # the check of the databases says so
            theirs = await SqlServerClock(database=database, url=url).read()
            check_clock(theirs, deployment.real_now(), whose="database server's", then=": run NTP on both")


async def check_servers(servers: Servers, setting: str) -> None:
    """Raise AilmentError if one of several servers could not take over. setting: it names them."""
    missing = await servers.missing()
    if missing:
        named = ", ".join(f"{each} ({error})" for each, error in missing.items())
        raise AilmentError(
            f"{named} of {setting} cannot be used: start it or mend its certificate before it must take over"
        )


_check_registry_time = partial(
    check_clock, whose="registry's", then=", and the registry refuses calls beyond 5 s: run NTP"
)


async def check_registry(deployment: Deployment) -> None:
    """Raise AilmentError unless a registry answers, at both addresses."""
    settings = deployment.settings
    await _check_path("CHECK", settings.registry_check_url, nppa.CHECK_PATH, "POST")
    await _check_path("QUERY", settings.registry_query_url, nppa.QUERY_PATH, "GET")


async def check_enterprise(deployment: Deployment) -> None:
    """Raise AilmentError unless the registry of organisations answers."""
    await _check_path(
        "ENTERPRISE",
        deployment.settings.registry_enterprise_url,
        enterprise.CHECK_PATH,
        "POST",
        whose="registry of organisations",
        waits="organisations wait",
    )


async def _check_path(
    name: str, base: str, path: str, method: str, *, whose: str = "registry", waits: str = "sign-ups wait"
) -> None:
    setting = f"IDVAULT_REGISTRY_{name}_URL"
    if not base:
        return
    try:
        await probe.ask_registry(base, path, method=method)
    except NoRegistryError as error:
        raise AilmentError(f"{setting} {error}: {waits} until the {whose} answers there") from error
    except UnreachedError as error:
        raise AilmentError(_unreached_text(whose, setting, error, waits)) from error


def _unreached_text(whose: str, setting: str, error: UnreachedError, waits: str) -> str:
    return (
        f"the {whose} does not answer ({connection_failure.why(error)}): check {setting}, DNS and the "
        f"firewall; {waits} until it does"
    )


async def check_registry_clock(deployment: Deployment) -> None:
    """Raise AilmentError for a clock that differs from the registry's, or cannot be compared with it."""
    theirs = await _asked(deployment)
    if theirs is None:
        raise AilmentError("the registry sent no time to compare with: check NTP on this host")
    _check_registry_time(theirs, deployment.real_now())


async def _asked(deployment: Deployment) -> datetime | None:
    try:
        return await probe.ask(deployment.settings.registry_check_url)
    except UnreachedError as error:
        text = _unreached_text("registry", "IDVAULT_REGISTRY_CHECK_URL", error, "sign-ups wait")
        raise AilmentError(text) from error


async def registry_time(url: str) -> datetime | None:
    """Return the time of the registry, None if it is away or does not tell; for a process that runs."""
    try:
        return await probe.ask(url, patience=_REGISTRY_PATIENCE)
    except UnreachedError:
        return None


@dataclass(kw_only=True, eq=False, repr=False)
class RegistryClock:
    """Compares this host's clock with the registry's, which is asked once a minute.

    ask: returns the registry's time, None if it is away or does not tell.
    """

    ask: Callable[[], Awaitable[datetime | None]]
    _asked_at: datetime | None = field(default=None, init=False)
    _theirs: datetime | None = field(default=None, init=False)

    async def check(self, *, now: datetime) -> None:
        """Raise AilmentError if the clocks differ, as far as the registry's last answer tells."""
        if self._asked_at is None or abs(now - self._asked_at) >= _REGISTRY_EVERY:
            self._asked_at, self._theirs = now, await self.ask()
        _check_registry_time(self._theirs, self._asked_at)
