"""Builds the checks of `idvault check-config`: what a process or a witness would refuse at its start.

The settings themselves are checked when they are loaded; a witness, which is no process of the vault, has
options instead. These checks open what they name: certificates, the key file, the roster, both databases and
the addresses. Nothing is written.
"""

import asyncio
import os
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from idvault.core import process
from idvault.core.ailment import AilmentError
from idvault.core.config import ConfigError, Process, Settings
from idvault.core.db.database import Database
from idvault.core.process import PortBusyError
from idvault.processes.bootstrap.base import Clock, load_keys, urls
from idvault.processes.bootstrap.doctor import check_databases
from idvault.processes.bootstrap.roster import check_purpose
from idvault.processes.bootstrap.witness import check_asked
from idvault.processes.doctor import Check, Finding, examine
from idvault.processes.witness import cosigner, key
from idvault.processes.witness.cosigner import KeyKindError, StateError
from idvault.processes.witness.key import WitnessKeyFileError
from idvault.sealing import key_set
from idvault.sealing.key_provider import KeyFileError
from idvault.sealing.key_set import Holder
from idvault_verify.attest import expiry
from idvault_verify.attest.certificate import CertificateError
from idvault_verify.attest.people import roster_chain
from idvault_verify.attest.reading import RosterError
from idvault_verify.transparency.note import MalformedKeyError, parse_key
from idvault_verify.transparency.tree import LogError

_HOLDERS = {
    Process.PLATFORM_EDGE: Holder.SERVICE,
    Process.BOTH_EDGES: Holder.SERVICE,
    Process.CUSTODY_EDGE: Holder.CUSTODY,
    Process.WORK: Holder.WORK,
}


async def check(settings: Settings, *, of: Process, clock: Clock, shares_port: bool = False) -> list[Finding]:
    """Return a finding for each thing that the settings name. of: the process that would start.

    shares_port: it takes over from one that listens on its address.
    """
    checks = [*_address_checks(settings, of, shares_port=shares_port), *_tls_checks(settings, clock)]
    if of is Process.WEB:
        return await examine(checks)
    checks.append(Check("IDVAULT_KEYS", partial(asyncio.to_thread, _check_keys, settings, _HOLDERS[of])))
    checks.append(Check("IDVAULT_ROSTER", partial(asyncio.to_thread, _check_roster, settings)))
    if of is Process.WORK:
        checks.append(Check("IDVAULT_PUBLIC_DIR", partial(asyncio.to_thread, _check_folder, settings)))
    main, shred = (Database(url=url, pool_size=1, patience=0) for url in urls(settings))
    checks.append(Check("IDVAULT_DATABASE_URL", partial(check_databases, settings, main, shred)))
    try:
        return await examine(checks)
    finally:
        await main.close()
        await shred.close()


def _address_checks(settings: Settings, of: Process, *, shares_port: bool) -> list[Check]:
    found = {} if of is Process.WORK or shares_port else {"IDVAULT_LISTEN": settings.addresses}
    found["IDVAULT_METRICS_LISTEN"] = (settings.metrics_listen,)
    return [Check(name, partial(check_free, name, addresses)) for name, addresses in found.items()]


async def check_free(name: str, addresses: tuple[str, ...]) -> None:
    """Raise AilmentError for an address that cannot be listened on. name: the setting with it."""
    try:
        for address in addresses:
            await process.check_free({name: address})
    except (PortBusyError, OSError) as error:
        raise AilmentError(
            "cannot be listened on: another process has it, or the host is not ours"
        ) from error


def _tls_checks(settings: Settings, clock: Clock) -> list[Check]:
    pairs = {
        "IDVAULT_TLS_": (settings.tls_certificate, settings.tls_key),
        "IDVAULT_WEB_TLS_": (settings.web_tls_certificate, settings.web_tls_key),
    }
    checks = [
        Check(f"{name}CERTIFICATE", partial(asyncio.to_thread, check_pair, *pair, f"{name}KEY", clock))
        for name, pair in pairs.items()
        if pair[0].name or pair[1].name
    ]
    if settings.tls_ca.name:
        checks.append(Check("IDVAULT_TLS_CA", partial(asyncio.to_thread, _check_end, settings.tls_ca, clock)))
    return checks


def check_pair(certificate: Path, key: Path, key_name: str, clock: Clock) -> None:
    """Raise AilmentError unless this is a certificate in its time and its key. key_name: its setting."""
    _check_end(certificate, clock)
    try:
        # An encrypted key must not make OpenSSL ask at the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password=lambda: "")
    except (ssl.SSLError, OSError) as error:
        raise AilmentError(f"{key_name} is not the unencrypted private key of this certificate") from error


def _check_end(path: Path, clock: Clock) -> None:
    try:
        ends = expiry.earliest_end(path.read_bytes())
    except (CertificateError, OSError) as error:
        raise AilmentError("has no readable certificate in PEM form") from error
    if ends <= clock().real:
        raise AilmentError("has expired: get a new one")


def _check_keys(settings: Settings, holder: Holder) -> None:
    try:
        purposes = load_keys(settings).purposes
    except KeyFileError as error:
        raise AilmentError(f"cannot be used with IDVAULT_KEY_PASSPHRASE_FILE: {error.why}") from error
    held = set(purposes) & set(key_set.HOLDINGS[holder])
    if not held:
        raise AilmentError(f"is another process's file: this one needs {holder.value}.keys")
    if missing := sorted(each.value for each in key_set.HOLDINGS[holder] if each not in held):
        raise AilmentError(f"lacks keys for {', '.join(missing)}: run `idvault keys complete`")


def _check_roster(settings: Settings) -> None:
    try:
        newest = roster_chain.load(settings.roster)
        origin = settings.log_origin or settings.trust_domain
        check_purpose(newest, development=settings.development, origin=origin, keys=())
        if settings.witnesses:
            check_asked(newest, tuple(parse_key(key) for _, key in settings.witnesses))
    except (RosterError, ConfigError, LogError) as error:
        raise AilmentError(f"cannot be in force: {error}") from error


def _check_folder(settings: Settings) -> None:
    # The worker creates the folder if it is missing.
    place = settings.public_dir.absolute()
    while not place.exists():
        place = place.parent
    if not (place.is_dir() and os.access(place, os.W_OK)):
        raise AilmentError("is not a folder that this user may write to")


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessOptions:
    """The options of `idvault witness`. addresses: HOST:PORT, by the option that names it."""

    state: Path
    log_keys: Sequence[str]
    name: str | None
    addresses: Mapping[str, str]
    tls_certificate: Path | None
    tls_key: Path | None


async def check_witness(options: WitnessOptions, *, clock: Clock) -> list[Finding]:
    """Return a finding for each option that has something to refuse."""
    checks = [Check(name, partial(check_free, name, (each,))) for name, each in options.addresses.items()]
    for name, run in (
        ("--tls-certificate", partial(_check_tls, options, clock)),
        ("--log-key", partial(_check_log_keys, options.log_keys)),
        ("--state", partial(_check_state, options.state)),
        ("--name", partial(_check_name, options)),
    ):
        checks.append(Check(name, partial(asyncio.to_thread, run)))
    return await examine(checks)


def _check_tls(options: WitnessOptions, clock: Clock) -> None:
    certificate, private = options.tls_certificate, options.tls_key
    if certificate is None and private is None:
        return
    if certificate is None or private is None:
        raise AilmentError("and --tls-key belong together")
    check_pair(certificate, private, "--tls-key", clock)


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


def _check_name(options: WitnessOptions) -> None:
    try:
        key.examine(options.state / key.FILE, name=options.name)
    except WitnessKeyFileError as error:
        raise AilmentError(f"cannot be used: {error}") from error
    except OSError as error:
        raise AilmentError(f"cannot be compared with the key: {error.strerror}") from error
