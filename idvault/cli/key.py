"""`idvault keys`: the key files of the service's processes."""

import os
from enum import StrEnum
from typing import Annotated

import typer

from idvault import config
from idvault.bootstrap import operator
from idvault.config import Process

_ROOT = 0


class Rotated(StrEnum):
    """The keys that can be rotated without sealing anything again."""

    STATUS_TOKEN = "status-token"  # noqa: S105 - the name of a purpose
    STATUS_LIST = "status-list"
    MODERATION_TEXT = "moderation-text"


app = typer.Typer(help="The key files of the service's processes.", no_args_is_help=True)


@app.callback()
def keys() -> None:
    """The key files of the service's processes."""


@app.command()
def init() -> None:
    """Create missing key files beside IDVAULT_KEYS, encrypted under IDVAULT_KEY_PASSPHRASE_FILE.

    service.keys is for `serve --edge platform`, custody.keys for `serve --edge custody`, work.keys for
    `work`. Move each to where only its process can read it, and keep a copy in a safe place: without the
    index key, the vault no longer recognises a person who signs up again. Existing files do not change. The
    command prints the public key of the transparency log: publish it.
    """
    settings = config.load(Process.KEYS)
    public_key = operator.init_keys(settings)
    if os.geteuid() == _ROOT:
        text = "the files are root's: give each to the user of its process, for example with chown"
        typer.echo(text, err=True)
    typer.echo(f"log public key: {public_key}")
    typer.echo(f"keys: service.keys, custody.keys, work.keys in {settings.keys.parent}")


@app.command()
def complete() -> None:
    """Add keys that this version needs to the file of IDVAULT_KEYS, which an older version made.

    Existing keys do not change. Running it again changes nothing.
    """
    settings = config.load(Process.KEY_FILE)
    added = operator.complete_keys(settings)
    typer.echo(f"keys: {', '.join(added) or 'nothing'} added to {settings.keys}")


@app.command()
def rotate(
    purpose: Annotated[
        Rotated,
        typer.Argument(help="status-token, moderation-text: in service.keys. status-list: in work.keys."),
    ],
) -> None:
    """Add a new key to the file of IDVAULT_KEYS; restart its processes afterwards.

    The processes publish a new signing key in jwks.json when they start, sign with it a day later, and keep
    the old key published for 31 days after that. A new moderation-text key seals what is filed from then on;
    the old one stays in the file for the texts that it has sealed.
    """
    settings = config.load(Process.KEY_FILE)
    version = operator.rotate_key(settings, purpose=purpose.value)
    typer.echo(f"keys: version {version} of {purpose.value} in {settings.keys}")
