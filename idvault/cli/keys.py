"""`idvault keys`: the key files of the service's processes."""

import typer

from idvault import config
from idvault.config import Process

app = typer.Typer(help="The key files of the service's processes.", no_args_is_help=True)


@app.callback()
def keys() -> None:
    """The key files of the service's processes."""


@app.command()
def init() -> None:
    """Make the key files that are missing beside IDVAULT_KEYS, encrypted under IDVAULT_KEY_PASSPHRASE_FILE.

    service.keys is for `serve --edge platform`, custody.keys for `serve --edge custody`, work.keys for
    `work`. Move each to where its process alone can read it, and keep a copy in a safe place: with a lost
    index key the same person comes in again as a stranger. Files that exist are left as they are. The public
    key of the transparency log is printed: publish it.
    """
    settings = config.load(Process.KEYS)
    from idvault import bootstrap  # noqa: PLC0415 - `--help` needs no keys

    public_key = bootstrap.init_keys(settings)
    typer.echo(f"log public key: {public_key}")
    typer.echo(f"keys: service.keys, custody.keys, work.keys in {settings.keys.parent}")
