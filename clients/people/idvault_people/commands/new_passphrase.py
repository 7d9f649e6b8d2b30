"""`idvault-people auditor passphrase` and the other roles': encrypts the keys under a new passphrase."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from idvault_people.commands import passphrase
from idvault_people.commands.session import MemberOptions, as_json
from idvault_people.opens import identity as identities

NewFile = Annotated[
    Path | None,
    typer.Option(
        help="The file with the new passphrase; without it the command asks at the terminal, twice."
    ),
]


def change(context: typer.Context, new_passphrase_file: NewFile = None) -> None:
    """Encrypt your keys under a new passphrase; the keys themselves, and so the roster, do not change.

    It needs no connection. A crash leaves either the former or the new file. Copies and backups of keys.json
    still open with the former passphrase: destroy them.
    """
    given: MemberOptions = context.obj
    folder = given.folder()
    with passphrase.identity_errors():
        changed = identities.change_passphrase(
            folder,
            passphrase=passphrase.read(given.passphrase_file),
            new=passphrase.choose(new_passphrase_file),
            random=os.urandom,
        )
    if as_json(context):
        typer.echo(json.dumps({"person": changed.name, "passphrase": "changed"}))
        return
    typer.echo("copies of keys.json still open with the former passphrase: destroy them", err=True)
    typer.echo(f"passphrase: of {changed.name} changed")
