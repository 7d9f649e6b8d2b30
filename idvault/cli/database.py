"""`idvault db`: the schema of both databases."""

import os
from contextlib import suppress
from pathlib import Path

import typer

from idvault import config
from idvault.bootstrap import operator
from idvault.cli.errors import CommandError, ExitCode
from idvault.config import Process

app = typer.Typer(help="The schema of both databases.", no_args_is_help=True)


_ROOT = 0
_FILE = "sqlite:///"


def _check_reader(url: str) -> None:
    """Refuse to let root create a SQLite database in a folder of another user, who could not write to it."""
    if os.geteuid() != _ROOT or not url.startswith(_FILE):
        return
    file = Path(url.removeprefix(_FILE).partition("?")[0])
    folder = file.parent
    if not file.exists() and folder.exists() and folder.stat().st_uid != _ROOT:
        owner = f"the owner of {folder}"
        with suppress(KeyError):
            owner = folder.owner()
        text = f"root would create {file}, which {owner} could not write to: run this as {owner}"
        raise CommandError(ExitCode.REFUSED, text, reason="OWNER", field="IDVAULT_DATABASE_URL")


@app.callback()
def database() -> None:
    """The schema of both databases."""


@app.command()
def upgrade() -> None:
    """Migrate both databases to the schema of this version; a new pair gets one deployment id.

    Uses IDVAULT_DATABASE_URL and IDVAULT_SHRED_DATABASE_URL. A repeat changes nothing. Run it before you
    start the processes of a new version.
    """
    settings = config.load(Process.DATABASES)
    for url in (settings.database_url, settings.shred_database_url):
        _check_reader(url.get_secret_value())
    operator.upgrade_databases(settings)
    typer.echo("db: both databases are up to date")
