"""Builds the checks of `idvault check-config witness`: what a witness would refuse at its start, by option.

A witness has options and no settings, because it is no process of the vault. Nothing is written.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from idvault.core.ailment import AilmentError
from idvault.processes.bootstrap.base import Clock
from idvault.processes.bootstrap.check_config import check_free, check_pair
from idvault.processes.doctor import Check, Finding, examine
from idvault.processes.witness import cosigner, key, state
from idvault.processes.witness.cosigner import KeyKindError
from idvault.processes.witness.key import WitnessKeyFileError
from idvault.processes.witness.state import StateError
from idvault_verify.transparency.note import MalformedKeyError, parse_key


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
        state.examine(folder)
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
