"""Passphrases of roster members, from a file or from a prompt at the terminal."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from idvault_people.opens.identity import IdentityError, PassphraseError
from idvault_verify import small_file
from idvault_verify.attest.certificate import CertificateError
from idvault_verify.commands.errors import CommandError, ExitCode

PassphraseFile = Annotated[
    Path | None,
    typer.Option(help="The file with the passphrase; without it the command asks at the terminal."),
]
_SHORTEST = 11


def read(file: Path | None) -> bytes:
    """Return the passphrase of an identity that exists."""
    if file is not None:
        return small_file.read(file).removesuffix(b"\n").removesuffix(b"\r")
    _check_terminal()
    return str(typer.prompt("Passphrase", hide_input=True)).encode()


def choose(file: Path | None) -> bytes:
    """Return the passphrase of a new identity, asking for it twice; raises CommandError for a short one."""
    if file is not None:
        chosen = read(file)
    else:
        _check_terminal()
        chosen = str(typer.prompt("New passphrase", hide_input=True, confirmation_prompt=True)).encode()
    if len(chosen) < _SHORTEST:
        raise CommandError(
            ExitCode.REFUSED,
            f"a passphrase needs {_SHORTEST} bytes or more",
            reason="WEAK_PASSPHRASE",
            field="--passphrase-file",
        )
    return chosen


def ask(what: str, *, option: str) -> str:
    """Ask for a secret at the terminal; raises CommandError if there is none."""
    _check_terminal(option)
    return str(typer.prompt(what, hide_input=True))


def prompt(what: str, *, option: str) -> str:
    """Ask for something that may be seen; raises CommandError if there is no terminal."""
    _check_terminal(option)
    return str(typer.prompt(what, err=True))


@contextmanager
def identity_errors() -> Iterator[None]:
    """Turn the errors of identity folders and certificates into CommandError."""
    try:
        yield
    except PassphraseError as error:
        raise CommandError(
            ExitCode.REFUSED, str(error), reason="PASSPHRASE", field="--passphrase-file"
        ) from error
    except IdentityError as error:
        raise CommandError(ExitCode.REFUSED, str(error), reason="IDENTITY", field="--identity") from error
    except CertificateError as error:
        raise CommandError(
            ExitCode.REFUSED, str(error), reason="CERTIFICATE", field="--certificate"
        ) from error


def _check_terminal(option: str = "--passphrase-file") -> None:
    if not sys.stdin.isatty():
        raise CommandError(
            ExitCode.WRONG_USAGE,
            f"{option} is missing, and there is no terminal to ask on",
            reason="NO_TERMINAL",
            field=option,
        )
