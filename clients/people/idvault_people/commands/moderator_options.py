"""Options of who decides as a moderator: the folder of the key, its passphrase, the id of a call."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from idvault_verify import small_file

PassphraseFile = Annotated[
    Path | None,
    typer.Option(help="The file with the passphrase; without it the command asks at the terminal."),
]
Moderator = Annotated[
    Path, typer.Option("--as", metavar="MODERATOR", help="Your folder, made by `moderator init`.")
]
RequestId = Annotated[
    str | None, typer.Option(metavar="UUID", help="Of a call that is repeated; else a new one.")
]


def read_passphrase(file: Path | None) -> bytes:
    """Return a passphrase from a file, or from the terminal."""
    if file is not None:
        return small_file.read(file).removesuffix(b"\n").removesuffix(b"\r")
    _check_terminal()
    return str(typer.prompt("Passphrase", hide_input=True)).encode()


def chosen(file: Path | None) -> bytes:
    """Return a new passphrase from a file, or from the terminal, where it is asked for twice."""
    if file is not None:
        return read_passphrase(file)
    _check_terminal()
    return str(typer.prompt("New passphrase", hide_input=True, confirmation_prompt=True)).encode()


def _check_terminal() -> None:
    if not sys.stdin.isatty():
        raise typer.BadParameter("--passphrase-file is missing, and there is no terminal to ask on")
